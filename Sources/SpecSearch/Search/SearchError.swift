/// Why a search cannot go on.
public enum SearchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A parameter is outside its range.
    case invalidParameter(name: String, found: String, expected: String)
    /// A strategy does not have a policy.
    case unsupported(SpeculationPolicy, SearchStrategy)
    /// A question has nothing but white space.
    case emptyQuestion
    /// The search was told something that it had not asked for.
    case notAsked(told: String, expected: String)
    /// The search was told more or fewer things than it had asked for.
    case wrongCount(of: String, found: Int, expected: Int)
    /// A score, or something else of a thought, is not a number from 0 to 1.
    case invalidScore(thought: Thought.ID, found: Float)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .invalidParameter(let name, let found, let expected):
            "The search parameter \(name) is \(found), expected \(expected)."
        case .unsupported(let policy, let strategy):
            "The strategy \(strategy.rawValue) does not have the policy \(policy.rawValue). It has "
                + strategy.policies.map(\.rawValue).joined(separator: ", ") + "."
        case .emptyQuestion: "The question is empty. Give some text."
        case .notAsked(let told, let expected):
            "The search was told \(told), but it waits for \(expected). Call ask() before each tell()."
        case .wrongCount(let what, let found, let expected):
            "The search was told \(found) \(what), but it asked for \(expected). Give one for each, in their order."
        case .invalidScore(let thought, let found):
            "A score of thought \(thought) is \(found), expected a number from 0 to 1. Does the reward model give "
                + "probabilities, and are its weights whole?"
        }
    }
}
