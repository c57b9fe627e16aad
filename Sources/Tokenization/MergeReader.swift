import JSON

/// Reads merges, which a file writes as "left right" or as ["left", "right"], in the vocabulary's spelling.
struct MergeReader {
    private let vocabulary: Vocabulary
    /// The bytes of both sides of the merge at hand.
    private var bytes: [UInt8] = []

    /// Reads merges of this vocabulary.
    init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// The two tokens of a merge and the token they make.
    ///
    /// - Throws: `malformed`; `absentMergeToken` if a side is empty, or if a side or the whole is no token.
    mutating func read(
        _ value: JSONValue, rank: Int
    ) throws(TokenizerError) -> (left: UInt32, right: UInt32, merged: UInt32) {
        bytes.removeAll(keepingCapacity: true)
        let middle: Int
        if let text = value.string {
            middle = try appendSides(of: text, rank: rank)
        } else if let pair = value.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string {
            try append(left, rank: rank)
            middle = bytes.count
            try append(right, rank: rank)
        } else {
            throw .malformed(
                field: "model.merges[\(rank)]", found: value.excerpt, expected: "\"left right\" or two strings")
        }
        return (
            try token(of: 0..<middle, rank: rank), try token(of: middle..<bytes.count, rank: rank),
            try token(of: 0..<bytes.count, rank: rank)
        )
    }

    private mutating func appendSides(of text: String, rank: Int) throws(TokenizerError) -> Int {
        var copy = text
        let middle: Int? = copy.withUTF8 { utf8 in
            guard let space = utf8.firstIndex(of: UInt8(ascii: " ")),
                vocabulary.spelling.append(bytesOf: UnsafeBufferPointer(rebasing: utf8[..<space]), to: &bytes)
            else { return nil }
            let middle = bytes.count
            let right = UnsafeBufferPointer(rebasing: utf8[(space + 1)...])
            return vocabulary.spelling.append(bytesOf: right, to: &bytes) ? middle : nil
        }
        guard let middle else { throw .absentMergeToken(merge: rank, text: text) }
        return middle
    }

    private mutating func append(_ text: String, rank: Int) throws(TokenizerError) {
        var copy = text
        guard copy.withUTF8({ vocabulary.spelling.append(bytesOf: $0, to: &bytes) }) else {
            throw .absentMergeToken(merge: rank, text: text)
        }
    }

    private func token(of range: Range<Int>, rank: Int) throws(TokenizerError) -> UInt32 {
        let token = bytes.withUnsafeBytes { vocabulary.token(of: UnsafeRawBufferPointer(rebasing: $0[range])) }
        guard let token, !range.isEmpty else {
            throw .absentMergeToken(merge: rank, text: vocabulary.spelling.spelling(of: bytes[range]))
        }
        return UInt32(bitPattern: token)
    }
}
