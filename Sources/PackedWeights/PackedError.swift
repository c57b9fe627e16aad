/// Why packed weights cannot be read.
public struct PackedError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file that says or holds it.
    public let path: String
    /// What was found, what was expected, and what to do next.
    public let reason: String

    /// Both in one line.
    public var description: String { "\(path): \(reason)" }
}
