/// What a template made of a conversation.
public struct RenderedText: Sendable, Hashable {
    /// A part of the text.
    public struct Segment: Sendable, Hashable {
        /// Its characters.
        public let text: String
        /// Whether the caller gave them, so that they must not spell special tokens; else they stand in the template.
        public let isGiven: Bool
    }

    /// The parts, first to last; neighbours differ in who gave them.
    public let segments: [Segment]

    /// All parts together.
    public var text: String { segments.map(\.text).joined() }
}
