/// What a search needs next.
public enum Ask: Sendable, Hashable {
    /// Thoughts to write, in one batch over all beams. Answer with `tell(written:)`.
    case write([WriteRequest])
    /// Thoughts to judge, in one batch over all beams. Answer with `tell(scores:)`.
    case score([Thought.ID])
    /// Nothing: this is the result.
    case finished(SearchOutcome)
}
