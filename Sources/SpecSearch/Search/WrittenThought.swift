public import Decoding

/// What a model wrote for a `WriteRequest`.
public struct WrittenThought: Sendable, Hashable {
    /// What it says, its separator included. A text of nothing but white space is no thought and is dropped.
    public var text: String
    /// The tokens that the model wrote.
    public var tokens: [Int32]
    /// How it ended.
    public var end: GenerationEnd
    /// The mean of the natural logarithms of the tokens' probabilities under the model that wrote them.
    public var meanLogProbability: Float
    /// How certain the model was, from 0 to 1: `Scoring.selfCertainty`. Nil where nobody asks, or the draft model wrote it.
    public var selfCertainty: Float?

    /// - Parameters: the values of the properties, in their order.
    public init(
        text: String, tokens: [Int32], end: GenerationEnd, meanLogProbability: Float, selfCertainty: Float? = nil
    ) {
        self.text = text
        self.tokens = tokens
        self.end = end
        self.meanLogProbability = meanLogProbability
        self.selfCertainty = selfCertainty
    }
}
