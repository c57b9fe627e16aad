/// What a search needs next.
public enum Ask: Sendable, Hashable {
    /// Texts to write, in one batch. Answer with `tell(written:)`.
    case write([WriteRequest])
    /// Thoughts to judge, in one batch. Answer with `tell(scores:)`.
    case score([Thought.ID])
    /// Drafts about which the target is to be asked: answer with `tell(checks:)`, in one batch.
    case check([Thought.ID])
    /// Nothing: this is the result.
    case finished(SearchOutcome)

    /// What is waited for, in the words of an error.
    var expectation: String {
        switch self {
        case .write(let requests): "\(requests.count) texts"
        case .score(let thoughts): "\(thoughts.count) scores"
        case .check(let thoughts): "\(thoughts.count) checks"
        case .finished: "nothing, because it has ended"
        }
    }
}
