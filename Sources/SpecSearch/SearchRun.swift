internal import CacheTree
internal import Decoding

/// One search on its way: asks the search core what it needs, lets the models do it, and tells the core.
///
/// It computes only when the next events are wanted.
final class SearchRun {
    private let question: String
    private let reasoner: Reasoner
    private let options: SearchOptions
    private var core: BeamSearch
    /// Where each thought's path ends in the tree of tokens, and whose noise continues it; held once each.
    private var places: [Thought.ID: Place] = [:]
    private var prompt: Place?
    private var session: (any ScoringSession)?
    private var costs = Counters()
    private let clock = ContinuousClock()
    private var time = Duration.zero

    private struct Place {
        let node: NodeID
        let branch: BranchKey
    }

    init(_ question: String, _ reasoner: Reasoner, _ options: SearchOptions) {
        self.question = question
        self.reasoner = reasoner
        self.options = options
        core = BeamSearch(parameters: options.parameters, policy: options.policy, format: reasoner.format)
    }
}
