/// Where two vocabularies part: the first id that does not stand for the same text in both.
public struct VocabularyDifference: Hashable, Sendable, CustomStringConvertible {
    /// The first id that differs.
    public let token: Int32
    /// Its spelling in the one vocabulary, or nil if the id is not in use there.
    public let text: String?
    /// Its spelling in the other vocabulary, or nil if the id is not in use there.
    public let otherText: String?

    /// What was found, what was expected, and what to do next.
    public var description: String {
        "token \(token) is \(text.map { "\"\($0)\"" } ?? "not in use") in one vocabulary"
            + " and \(otherText.map { "\"\($0)\"" } ?? "not in use") in the other"
    }
}
