/// What judges thoughts.
public enum Scoring: String, Sendable, Hashable, CaseIterable {
    /// The bundle's reward model, or the scorer that was given to the reasoner.
    case reward
    /// The target itself: the geometric mean of the probabilities that it gives to a thought's tokens, which is e to the power of
    /// their mean log-probability. What the target wrote costs nothing; drafts are read by it, in one batch.
    case likelihood
    /// The target itself: x / (1 + x) of how far the distributions of a thought's tokens are from uniform ones on average, in
    /// nats (self-certainty, Kang, Zhao and Song, 2025). Costs what `likelihood` costs.
    case selfCertainty = "self-certainty"
}

extension Scoring {
    /// The score of a thought by how far the distributions of its tokens are from uniform ones.
    static func selfCertainty(_ certainties: some Collection<Float>) -> Float {
        // The form that gives 1 for infinity.
        1 - 1 / (1 + certainties.reduce(0, +) / Float(max(1, certainties.count)))
    }
}
