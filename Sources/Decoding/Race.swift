import Compute

/// An exponential race: every token arrives after its noise divided by its weight, and the first one wins.
///
/// A token wins with the probability of its share of all weights. With the noise E and weights proportional to p, the
/// first to arrive is arg min E / p = arg max (log p − log E), and −log E is Gumbel noise: the Gumbel-max trick in
/// another form. Of tokens that arrive together the lowest wins.
struct Race {
    /// The first token so far.
    private(set) var winner: Int
    /// When it arrives.
    private(set) var arrival: Double
    private let noise: TokenNoise

    /// Starts with a token that is likely to win: the sooner it arrives, the fewer of the others have to run.
    init(_ stream: RandomStream, from token: Int, weight: Double) {
        noise = TokenNoise(stream)
        winner = token
        arrival = noise.value(of: token) / weight
    }

    /// Lets all tokens run.
    ///
    /// - Parameters:
    ///   - ceilings: a bound on the weights of each group of `TokenNoise.groupSize` tokens, 0 if none may run.
    ///   - weights: the weights of all tokens.
    ///   - vocabularySize: the number of tokens.
    mutating func run(ceilings: [Float], weights: some RaceWeights, vocabularySize: Int) {
        for pair in 0..<(ceilings.count + 1) / 2 {
            let last = min(2 * pair + 1, ceilings.count - 1)
            guard ceilings[2 * pair] > 0 || ceilings[last] > 0 else { continue }
            let groups = noise.groups(pair: pair)
            for number in 2 * pair...last {
                let group = number & 1 == 0 ? groups.even : groups.odd
                let ceiling = Double(ceilings[number])
                guard group.floor < arrival * ceiling else { continue }
                let tokens = GroupMaxima.tokens(of: number, vocabularySize: vocabularySize)
                run(group, tokens, ceiling: ceiling, weights: weights)
            }
        }
    }

    /// Lets a group run, its leader first: the one most likely to win.
    private mutating func run(
        _ group: TokenNoise.Group, _ tokens: Range<Int>, ceiling: Double, weights: some RaceWeights
    ) {
        let minimum = group.minimum
        if tokens.contains(group.leader) {
            finish(group.leader, noise: minimum, weight: weights.weight(group.leader))
        }
        // Nothing in the group has less noise than its minimum, so lighter tokens arrive too late.
        let least = weights.level(ofWeight: minimum / arrival)
        for token in tokens where weights.level(token) >= least && token != group.leader {
            let uniform = noise.uniform(token)
            // A bound on the noise without a logarithm; the factor is a margin above rounding.
            guard minimum + (1 - uniform) < arrival * ceiling * 1.000_001 else { continue }
            finish(token, noise: minimum - Elementary.log(uniform), weight: weights.weight(token))
        }
    }

    @inline(__always)
    private mutating func finish(_ token: Int, noise: Double, weight: Double) {
        guard weight > 0 else { return }
        let time = noise / weight
        if time < arrival || (time == arrival && token < winner) {
            winner = token
            arrival = time
        }
    }
}
