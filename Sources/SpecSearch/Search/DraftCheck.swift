/// What the target thinks of a draft.
public struct DraftCheck: Sendable, Hashable {
    /// How well the target could have written it, from 0 to 1: the least of its tokens' probabilities, each as a share
    /// of the most probable one's in its place, by the raw logits: before penalties, temperature and filters. At
    /// temperature 1 and without penalties, min-p sampling with a smaller share could have written it.
    public var plausibility: Float
    /// With what probability the target writes just this, from 0 to 1: after penalties, temperature and filters.
    public var probability: Double

    /// - Parameters: the values of the properties, in their order.
    public init(plausibility: Float, probability: Double) {
        self.plausibility = plausibility
        self.probability = probability
    }
}
