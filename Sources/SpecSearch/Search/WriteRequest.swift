public import Decoding

/// Something that a model is to write: a thought, or all thoughts to the end.
///
/// Requests of one `Ask` belong into one batch. A branch of random numbers is the path of (origin, slot) pairs from the
/// question: two requests of a search never have the same one.
public struct WriteRequest: Sendable, Hashable {
    /// How far to write.
    public enum Extent: Sendable, Hashable {
        /// To the end of one thought.
        case thought
        /// To the end of the text. What is written is cut at the separators into thoughts that follow each other.
        case solution
    }

    /// The thought to continue; nil for the question.
    public let parent: Thought.ID?
    /// Which of the texts it is that `origin` writes under the parent, from 0 on.
    public let slot: Int
    /// Which model writes.
    public let origin: Writer
    /// How far.
    public var extent = Extent.thought
    /// The most tokens of the text.
    public var maxTokens: Int

    /// - Parameters: the values of the properties, in their order.
    public init(parent: Thought.ID?, slot: Int, origin: Writer, extent: Extent = .thought, maxTokens: Int) {
        self.parent = parent
        self.slot = slot
        self.origin = origin
        self.extent = extent
        self.maxTokens = maxTokens
    }
}
