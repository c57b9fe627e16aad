/// Why a text is not the JSON that was expected.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in the words of RFC 8259.
    public let reason: String
    /// Where, in bytes from the start of the text.
    public let offset: Int

    package init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// What was found, what was expected, and what to do next.
    public var description: String { "not valid JSON at byte \(offset): \(reason)" }
}
