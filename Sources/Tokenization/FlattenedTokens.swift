import JSON

/// The bytes of tokens in one table, built token by token in the order of the ids.
struct FlattenedTokens {
    /// The bytes of all tokens.
    private(set) var bytes: [UInt8] = []
    /// Where each token's bytes start, and where the last ones stop.
    private(set) var starts: [UInt32] = [0]
    /// The ids whose spelling is their text.
    private(set) var verbatim: [ExactName: Int32] = [:]
    /// The ids that are found by the bytes that they stand for.
    private(set) var spelled: [Int32] = []
    /// The ids of tokens such as `<0x41>`, by their byte.
    private(set) var bytesAlone: [UInt8: Int32] = [:]
    private let spelling: TokenSpelling

    init(spelling: TokenSpelling) { self.spelling = spelling }

    /// Adds the next token.
    ///
    /// A vocabulary entry with a scalar outside the byte alphabet stands for its own text, as in the `tokenizers`
    /// library.
    ///
    /// - Throws: `malformed` for a byte that is spelled as no encoder looks for it.
    mutating func append(_ entry: TokenRoster.Entry, token: Int32) throws(TokenizerError) {
        var text = entry.text
        if spelling == .sentencePiece, !entry.isVerbatim, let byte = TokenSpelling.byte(of: text) {
            guard text == TokenSpelling.spelling(ofByte: byte) else {
                throw .malformed(
                    field: "model.vocab", found: text, expected: "the byte as \(TokenSpelling.spelling(ofByte: byte))")
            }
            bytes.append(byte)
            bytesAlone[byte] = token
            verbatim[ExactName(text)] = token
        } else if !entry.isVerbatim, text.withUTF8({ spelling.append(bytesOf: $0, to: &bytes) }) {
            spelled.append(token)
        } else {
            bytes += text.utf8
            verbatim[ExactName(text)] = token
        }
        starts.append(UInt32(bytes.count))
    }
}
