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

    /// - Parameters: the values of the properties, in their order.
    public init(text: String, tokens: [Int32], end: GenerationEnd, meanLogProbability: Float) {
        self.text = text
        self.tokens = tokens
        self.end = end
        self.meanLogProbability = meanLogProbability
    }
}
