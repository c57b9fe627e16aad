import JSON

/// All tokens of a tokenizer: what bytes each stands for, how the file spells it, and which are special.
///
/// Everything is compared by bytes; `String` equality would take "é" and "e" with a combining accent for one token.
struct Vocabulary: Sendable {
    /// The largest id that a file may use.
    static let largestToken = 1 << 24

    /// How many ids there are; they run from 0 without gaps.
    let count: Int
    /// The bytes of all tokens, one after the other.
    private let bytes: [UInt8]
    /// Where the bytes of each token start, and, at the end, where the last ones stop.
    private let starts: [UInt32]
    /// Tokens whose spelling is their text, not the byte alphabet: added ones, above all.
    private let verbatim: [ExactName: Int32]
    private let special: [Bool]
    /// The tokens that merges make, found by their bytes.
    private let index: ByteStringIndex
    /// How tokens are spelled.
    let spelling: TokenSpelling
    /// The tokens such as `<0x41>`, by their byte; none in the byte alphabet, which needs no such tokens.
    let bytesAlone: [UInt8: Int32]

    /// Checks and flattens the field `model.vocab` together with the added tokens.
    ///
    /// - Throws: `malformed`, `tokenOutOfRange`, `duplicateToken`, `missingToken`, `invalidAddedToken`.
    /// - Complexity: O(n) in the bytes of all spellings.
    init(entries: JSONObject, added: [AddedToken], spelling: TokenSpelling) throws(TokenizerError) {
        let roster = try TokenRoster(entries: entries, added: added)
        var flattened = FlattenedTokens(spelling: spelling)
        for (token, entry) in roster.entries.enumerated() {
            try flattened.append(entry, token: Int32(token))
        }
        count = roster.entries.count
        special = roster.special
        bytes = flattened.bytes
        starts = flattened.starts
        verbatim = flattened.verbatim
        index = ByteStringIndex(bytes: flattened.bytes, starts: flattened.starts, tokens: flattened.spelled)
        bytesAlone = flattened.bytesAlone
        self.spelling = spelling
        for token in flattened.spelled {
            let other = bytes(of: token).withUnsafeBytes { self.token(of: $0) }
            guard let other, other != token else { continue }
            throw .duplicateToken(token: token, texts: [other, token].map { roster.entries[Int($0)].text })
        }
    }

    /// Whether the id is in use.
    func contains(_ token: Int32) -> Bool { token >= 0 && token < count }

    /// Whether the file marks the token as special.
    func isSpecial(_ token: Int32) -> Bool { contains(token) && special[Int(token)] }

    /// The bytes a token stands for; none for an id that is not in use.
    ///
    /// - Complexity: O(1).
    func bytes(of token: Int32) -> ArraySlice<UInt8> {
        guard contains(token) else { return [] }
        return bytes[Int(starts[Int(token)])..<Int(starts[Int(token) + 1])]
    }

    /// The token as the file spells it, or nil for an id that is not in use.
    func spelling(of token: Int32) -> String? {
        guard contains(token) else { return nil }
        let bytes = bytes(of: token)
        if let byte = byte(of: token) {
            return TokenSpelling.spelling(ofByte: byte)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return verbatim[ExactName(text)] == token ? text : spelling.spelling(of: bytes)
    }

    /// The byte of a token such as `<0x41>`, or nil for every other one.
    func byte(of token: Int32) -> UInt8? {
        let bytes = bytes(of: token)
        guard bytes.count == 1, let byte = bytes.first, bytesAlone[byte] == token else { return nil }
        return byte
    }

    /// The token with exactly this spelling, or nil.
    func token(spelled spelling: String) -> Int32? {
        if let token = verbatim[ExactName(spelling)] { return token }
        var copy = spelling
        var bytes: [UInt8] = []
        guard copy.withUTF8({ self.spelling.append(bytesOf: $0, to: &bytes) }) else { return nil }
        return bytes.withUnsafeBytes { token(of: $0) }
    }

    /// The token that stands for exactly these bytes and is neither added, nor a byte alone, nor special, or nil.
    @inline(__always)
    func ordinaryToken(_ text: UnsafeRawBufferPointer) -> Int32? {
        guard let token = token(of: text), !special[Int(token)] else { return nil }
        return token
    }

    /// The token that stands for exactly these bytes and is neither added nor a byte alone, or nil.
    func token(of text: UnsafeRawBufferPointer) -> Int32? {
        index.token(of: text, bytes: bytes, starts: starts)
    }
}
