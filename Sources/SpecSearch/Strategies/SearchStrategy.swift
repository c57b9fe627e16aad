/// How a search decides what to continue.
public enum SearchStrategy: String, Sendable, Hashable, CaseIterable {
    /// The b best thoughts of every level go on: SpecSearch (ICML 2025), Algorithm 2.
    case beam
    /// b beam searches of one path each from the question on, which never compete with each other: diverse verifier tree
    /// search (Beeching, Tunstall and Rush, 2024).
    case dvts
    /// A few descents from the question to the end of a path, each by the best compromise between what is known of a thought
    /// and how rarely it was tried: Monte Carlo tree search with PUCT, as in OpenR.
    case mcts
    /// N solutions, of which the one with the highest value is the answer.
    case bestOfN = "best-of-n"
    /// N solutions, of which the most frequent answer is the answer: self-consistency (Wang et al., 2023).
    case majority
    /// N solutions, of which the answer with the highest sum of values is the answer.
    case weightedMajority = "weighted-majority"

    /// Whether solutions are written whole, so that none of their thoughts is drafted.
    public var writesSolutions: Bool {
        switch self {
        case .beam, .dvts, .mcts: false
        case .bestOfN, .majority, .weightedMajority: true
        }
    }

    /// The policies that the strategy has: thoughts are drafted where thoughts are expanded, and corrections are skipped
    /// where a level has a top b.
    public var policies: [SpeculationPolicy] {
        switch self {
        case .beam, .dvts: SpeculationPolicy.allCases
        case .mcts: [.plain, .lossless, .paper]
        case .bestOfN, .majority, .weightedMajority: [.plain, .lossless]
        }
    }

    /// The strategy, before it has decided anything.
    func plan(_ parameters: SearchParameters) -> any Strategy {
        switch self {
        case .beam: BeamSearch(beams: [Beam(size: parameters.beams)])
        case .dvts: BeamSearch(beams: (0..<parameters.beams).map { _ in Beam(size: 1) })
        case .mcts: MonteCarloTreeSearch()
        case .bestOfN: BestOfN(choice: .value)
        case .majority: BestOfN(choice: .votes)
        case .weightedMajority: BestOfN(choice: .weightedVotes)
        }
    }
}
