/// A part of a prompt, which knows who wrote it.
public struct PromptPart: Sendable, Hashable {
    /// Its text.
    public let text: String
    /// Whether the texts of added tokens in it are these tokens: true for what stands in a template, false for what a
    /// user or a tool wrote.
    public let holdsSpecialTokens: Bool

    /// - Parameters: the values of the properties, in their order.
    public init(_ text: String, holdsSpecialTokens: Bool) {
        self.text = text
        self.holdsSpecialTokens = holdsSpecialTokens
    }
}
