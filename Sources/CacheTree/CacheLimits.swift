/// What all models of a tree can read.
public struct CacheLimits: Sendable, Hashable {
    /// Token ids are smaller than this.
    public let vocabularySize: Int
    /// The longest path, in tokens.
    public let contextLength: Int

    /// - Parameters: the values of the properties, in their order.
    public init(vocabularySize: Int, contextLength: Int) {
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
    }
}
