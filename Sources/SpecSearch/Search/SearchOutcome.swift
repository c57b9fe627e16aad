/// What a search found.
///
/// Every search has an outcome, whatever ended it: the best finished path, else the best path so far.
public struct SearchOutcome: Sendable, Hashable {
    /// Why a search ended.
    public enum Reason: String, Sendable, Hashable {
        /// All b paths are finished; in a Monte Carlo tree search after all iterations, or among N solutions, the best
        /// one is.
        case answered
        /// A path reached the depth K, and none that counts more is finished.
        case depth
        /// A Monte Carlo tree search made all its iterations, and its best path is not finished.
        case iterations
        /// Nothing was left to continue: no path was live, or the models wrote nothing.
        case exhausted
        /// The budget of tokens or thoughts was used up.
        case budget
        /// The time was used up.
        case time
        /// A path no longer fits into the context of the reward model.
        case context
        /// It was stopped from outside.
        case stopped
    }

    /// All thoughts; none of them is open.
    public let tree: ThoughtTree
    /// The thoughts of the best path, from the question on; empty if there are none.
    public let path: [Thought.ID]
    /// The text of that path.
    public let text: String
    /// What the prompt format marks as the answer in that text.
    public let answer: String?
    /// Whether that path is finished.
    public let isComplete: Bool
    /// Why the search ended.
    public let reason: Reason
    /// How the search decided what to continue.
    public let strategy: SearchStrategy
    /// Who wrote the thoughts.
    public let policy: SpeculationPolicy
    /// What it took. The search counts thoughts and levels; whoever runs the models adds theirs.
    public var counters: Counters

    /// The value of the path, 0 to 1.
    public var score: Float? { path.last.flatMap { tree[$0].value } }
}
