/// What judges thoughts.
public enum Scoring: String, Sendable, Hashable, CaseIterable {
    /// The bundle's reward model, or the scorer that was given to the reasoner.
    case reward
    /// The target itself: the geometric mean of the probabilities that it gives to a thought's tokens, which is e to the power of
    /// their mean log-probability. What the target wrote costs nothing; drafts are read by it, in one batch.
    case likelihood
}
