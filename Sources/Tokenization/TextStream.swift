/// Text that grows token by token and never shows half a character.
///
/// What `append` and `finish` give back, joined, is what `Tokenizer.decode` makes of all the tokens. Byte tokens of a
/// SentencePiece vocabulary show when the next other token comes, since one bad byte makes a whole run unreadable.
public struct TextStream: Sendable {
    private let tokenizer: Tokenizer
    private let skipsSpecialTokens: Bool
    /// What waits for its end: the start of a character, or a run of a SentencePiece vocabulary's byte tokens.
    private var pending: [UInt8] = []
    /// Whether a space would be the text's first character, where the decoder drops that.
    private var dropsSpace: Bool

    /// An empty text.
    ///
    /// - Parameters:
    ///   - skipsSpecialTokens: whether special tokens are left out.
    ///   - continuesText: whether something stands before it, so that its first space is one; decoders of the kind of
    ///     Llama 2's drop the first space of a text.
    public init(_ tokenizer: Tokenizer, skipsSpecialTokens: Bool = false, continuesText: Bool = false) {
        self.tokenizer = tokenizer
        self.skipsSpecialTokens = skipsSpecialTokens
        dropsSpace = if case .sentencePiece(true) = tokenizer.decoder { !continuesText } else { false }
    }

    /// Adds a token and gives back the characters that are complete with it.
    ///
    /// - Complexity: O(1) in the length of the text so far.
    public mutating func append(_ token: Int32) -> String {
        guard !(skipsSpecialTokens && tokenizer.isSpecial(token)) else { return "" }
        if case .sentencePiece = tokenizer.decoder { return appendPiece(token) }
        pending += tokenizer.bytes(of: token)
        let complete = pending.count - TextStream.incompleteSuffix(of: pending)
        defer { pending.removeFirst(complete) }
        return String(decoding: pending[..<complete], as: UTF8.self)
    }

    /// Ends the text and gives back what is left: U+FFFD if the last character never became complete, else nothing.
    public mutating func finish() -> String {
        if case .sentencePiece = tokenizer.decoder { return endOfRun() }
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    private mutating func appendPiece(_ token: Int32) -> String {
        guard tokenizer.vocabulary.contains(token) else { return "" }
        if let byte = tokenizer.vocabulary.byte(of: token) {
            pending.append(byte)
            return ""
        }
        let run = endOfRun()
        var bytes = tokenizer.bytes(of: token)
        if dropsSpace, let first = bytes.first {
            dropsSpace = false
            if first == 0x20 { bytes = bytes.dropFirst() }
        }
        return run + String(decoding: bytes, as: UTF8.self)
    }

    /// A run of byte tokens as the `tokenizers` library reads it: as UTF-8, or else U+FFFD for every byte.
    private mutating func endOfRun() -> String {
        defer { pending.removeAll() }
        guard !pending.isEmpty else { return "" }
        let text = String(validating: pending, as: UTF8.self) ?? String(repeating: "\u{FFFD}", count: pending.count)
        defer { dropsSpace = false }
        return dropsSpace && text.utf8.first == 0x20 ? String(text.unicodeScalars.dropFirst()) : text
    }

    /// How many bytes at the end are a valid start of a character that lacks its end (Unicode Standard, table 3-7).
    private static func incompleteSuffix(of bytes: [UInt8]) -> Int {
        let tail = bytes.suffix(3)
        guard let start = tail.lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return 0 }
        let present = bytes.count - start
        let (length, second) = TextStream.sequence(startingWith: bytes[start])
        guard present < length, present == 1 || second.contains(bytes[start + 1]) else { return 0 }
        return present
    }

    /// The length of a character by its first byte, and what its second byte may be; length 0 for no first byte.
    private static func sequence(startingWith first: UInt8) -> (length: Int, second: ClosedRange<UInt8>) {
        switch first {
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xE1...0xEF: (3, 0x80...0xBF)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: (0, 0x80...0xBF)
        }
    }
}
