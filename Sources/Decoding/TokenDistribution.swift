/// The probabilities of all tokens at one place, after temperature and filters.
///
/// Ratio acceptance (Leviathan, Kalman and Matias, 2023; Chen et al., 2023) compares two of them and draws from their
/// difference.
public struct TokenDistribution: Sendable, Hashable {
    /// One probability per token; their sum is 1 up to rounding.
    public let probabilities: [Double]

    /// - Parameter weights: numbers of at least 0, one of them positive, in proportion to the probabilities.
    init(weights: [Double]) {
        let sum = weights.reduce(0, +)
        probabilities = weights.map { $0 / sum }
    }

    /// One token with probability 1: what greedy choices and proposals that are not samples (n-grams, reused text) are.
    public init(certain token: Int, vocabularySize: Int) {
        precondition((0..<vocabularySize).contains(token), "the token is in the vocabulary")
        var probabilities = [Double](repeating: 0, count: vocabularySize)
        probabilities[token] = 1
        self.probabilities = probabilities
    }

    /// The probability of a token; 0 beyond the vocabulary, as for the padding that another model may have.
    public subscript(token: Int) -> Double { token < probabilities.count ? probabilities[token] : 0 }

    /// Draws a token.
    ///
    /// With the stream of a `Sampler`'s choice this is the token that the sampler chooses.
    ///
    /// - Complexity: O(vocabulary).
    public func draw(_ stream: RandomStream) -> Int {
        var ceilings: [Float] = []
        var first = 0
        for group in 0..<(probabilities.count + TokenNoise.groupSize - 1) / TokenNoise.groupSize {
            var largest = 0.0
            for token in GroupMaxima.tokens(of: group, vocabularySize: probabilities.count) {
                if probabilities[token] > probabilities[first] { first = token }
                largest = max(largest, probabilities[token])
            }
            ceilings.append(largest > 0 ? Float(largest).nextUp : 0)
        }
        var race = Race(stream, from: first, weight: probabilities[first])
        race.run(ceilings: ceilings, weights: self, vocabularySize: probabilities.count)
        return race.winner
    }

    /// The distribution of what is drawn if a token is not; nil if that is the only one.
    func without(_ token: Int) -> TokenDistribution? {
        var weights = probabilities
        weights[token] = 0
        return weights.contains { $0 > 0 } ? TokenDistribution(weights: weights) : nil
    }

    /// The normalised positive part of this distribution less another one: what a refused proposal is replaced from.
    ///
    /// Nil if nothing remains, which takes equal distributions, under which no proposal is refused.
    public func excess(over other: TokenDistribution) -> TokenDistribution? {
        let weights = probabilities.indices.map { max(0, probabilities[$0] - other[$0]) }
        return weights.contains { $0 > 0 } ? TokenDistribution(weights: weights) : nil
    }
}

extension TokenDistribution: RaceWeights {
    func weight(_ token: Int) -> Double { probabilities[token] }

    func level(_ token: Int) -> Double { probabilities[token] }

    func level(ofWeight weight: Double) -> Double { weight * 0.999_999 }
}
