/// F, how corrections that say something new score at each depth, as far as that was seen.
///
/// Scores count less with every question since, and at other depths by half for each level between. One score above all is
/// added to those that were seen, so that F is never 1 for want of evidence: the estimate of a rank statistic.
public struct ScoreDistribution: Sendable, Hashable {
    /// A score that was seen.
    struct Sample: Sendable, Hashable {
        let score: Float
        var weight: Double
    }

    /// What is left of a sample's weight one question later.
    static let decay = 0.97
    /// The most samples of one depth; the oldest give way.
    static let mostSamples = 512
    /// Samples below this weight are forgotten.
    private static let leastWeight = 0.01

    /// The samples of each depth, from 1 on; the oldest first.
    private(set) var samples: [[Sample]] = []

    init(samples: [[Sample]] = []) { self.samples = samples }

    /// Adds a score.
    ///
    /// - Parameter weight: 1 divided by the probability that it was to be seen.
    mutating func add(_ score: Float, depth: Int, weight: Double) {
        while samples.count < depth { samples.append([]) }
        if samples[depth - 1].count == Self.mostSamples { samples[depth - 1].removeFirst() }
        samples[depth - 1].append(Sample(score: score, weight: weight))
    }

    /// Makes everything count less, because another question begins.
    mutating func age() {
        for index in samples.indices {
            for sample in samples[index].indices { samples[index][sample].weight *= Self.decay }
            samples[index].removeAll { $0.weight < Self.leastWeight }
        }
    }

    /// F(S): the share of scores at a depth that are at most S.
    ///
    /// - Complexity: O(n) in the samples.
    func share(atMost score: Float, depth: Int) -> Double {
        var (low, all) = (0.0, 0.0)
        for (index, level) in samples.enumerated() {
            let factor = Double(sign: .plus, exponent: -abs(index + 1 - depth), significand: 1)
            for sample in level {
                all += factor * sample.weight
                if sample.score <= score { low += factor * sample.weight }
            }
        }
        return low / (all + 1)
    }
}
