/// Who proposes tokens to the target.
public enum Drafter: String, Sendable, Hashable, CaseIterable {
    /// The draft model: a row for each proposal.
    case model
    /// What followed the path's last tokens where they stand in the path or in its siblings: no rows at all.
    case ngrams
}
