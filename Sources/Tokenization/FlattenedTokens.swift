import JSON

/// The bytes of tokens in one table, built token by token in the order of the ids.
struct FlattenedTokens {
    /// The bytes of all tokens.
    private(set) var bytes: [UInt8] = []
    /// Where each token's bytes start, and where the last ones stop.
    private(set) var starts: [UInt32] = [0]
    /// The ids whose spelling is their text.
    private(set) var verbatim: [ExactName: Int32] = [:]
    /// The ids that are spelled in the byte alphabet.
    private(set) var spelled: [Int32] = []

    /// Adds the next token.
    ///
    /// A vocabulary entry with a scalar outside the byte alphabet stands for its own text, as in the `tokenizers`
    /// library.
    mutating func append(_ entry: TokenRoster.Entry, token: Int32) {
        var text = entry.text
        let isSpelled = !entry.isVerbatim && text.withUTF8 { ByteAlphabet.append(bytesOf: $0, to: &bytes) }
        if isSpelled {
            spelled.append(token)
        } else {
            bytes += text.utf8
            verbatim[ExactName(text)] = token
        }
        starts.append(UInt32(bytes.count))
    }
}
