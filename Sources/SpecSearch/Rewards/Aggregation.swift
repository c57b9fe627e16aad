/// How the scores of a path's thoughts become the value of the path, which every choice compares.
public enum Aggregation: String, Sendable, Hashable, CaseIterable {
    /// The score of the last thought, as in OpenR and the paper: a reward model has read the whole path when it gives it.
    case last
    /// The lowest score.
    case min
    /// The product of all scores.
    case product
    /// The mean of all scores.
    case mean

    /// The value of a path, 0 to 1.
    ///
    /// - Parameters:
    ///   - score: of its last thought.
    ///   - parent: the thought before it, which has its value.
    func value(of score: Float, after parent: Thought?) -> Float {
        guard let parent, let before = parent.value else { return score }
        return switch self {
        case .last: score
        case .min: Swift.min(before, score)
        case .product: before * score
        case .mean: before + (score - before) / Float(parent.depth + 1)
        }
    }

    /// The highest value that a path can have which goes on from one with this value, whatever is judged next; nil if that
    /// says nothing.
    func bound(after value: Float) -> Float? { self == .min || self == .product ? value : nil }
}
