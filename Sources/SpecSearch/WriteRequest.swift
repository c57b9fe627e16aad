public import Decoding

/// A thought that a model is to write.
///
/// Requests of one `Ask` belong into one batch. A branch of random numbers is the path of (origin, slot) pairs from the
/// question: two requests of a search never have the same one.
public struct WriteRequest: Sendable, Hashable {
    /// The thought to continue; nil for the question.
    public let parent: Thought.ID?
    /// Which of the thoughts it is that `origin` writes under the parent, from 0 on.
    public let slot: Int
    /// Which model writes.
    public let origin: Writer

    /// - Parameters: the values of the properties, in their order.
    public init(parent: Thought.ID?, slot: Int, origin: Writer) {
        self.parent = parent
        self.slot = slot
        self.origin = origin
    }
}
