import JSON

extension BytePairs {
    /// Reads the field `model`.
    ///
    /// Merges whose result is a special token are left out, so that no text can spell one.
    ///
    /// - Throws: `unsupported` for other models and for options that byte-level vocabularies do not use, `malformed`,
    ///   `absentMergeToken`, `missingByte`.
    /// - Complexity: O(n) in the bytes of all merges.
    init(parsing model: JSONValue, vocabulary: Vocabulary) throws(TokenizerError) {
        guard let list = model["merges"]?.array else {
            throw .malformed(field: "model.merges", found: model["merges"]?.kind ?? "absent", expected: "an array")
        }
        guard list.count < BytePairs.mostMerges else {
            throw .malformed(
                field: "model.merges", found: "\(list.count) long", expected: "fewer than \(BytePairs.mostMerges)")
        }
        var merges = MergeTable(capacity: list.count)
        var reader = MergeReader(vocabulary: vocabulary)
        for (rank, value) in list.enumerated() {
            let (left, right, merged) = try reader.read(value, rank: rank)
            guard !vocabulary.isSpecial(Int32(bitPattern: merged)) else { continue }
            merges.insert(left, right, MergeTable.Merge(rank: rank, token: merged))
        }
        self.init(
            byteTokens: try BytePairs.byteTokens(of: vocabulary),
            startsWithCharacters: vocabulary.spelling == .sentencePiece, merges: merges,
            prefersWholePieces: try model.flag("ignore_merges", of: "model") ?? false)
    }

    /// Refuses models that are no byte-pair encoding, before anything else of the file is looked at.
    static func check(_ model: JSONValue) throws(TokenizerError) {
        guard model["type"]?.string == "BPE" else {
            throw .unsupported(field: "model.type", found: model["type"]?.excerpt ?? "absent", supported: "BPE")
        }
        for affix in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard let value = model[affix], value != .null, value != "" else { continue }
            throw .unsupported(field: "model.\(affix)", found: value.excerpt, supported: "none")
        }
        if let dropout = model["dropout"], dropout != .null, dropout.double != 0 {
            throw .unsupported(field: "model.dropout", found: dropout.excerpt, supported: "none")
        }
    }

    private static func byteTokens(of vocabulary: Vocabulary) throws(TokenizerError) -> [UInt32] {
        var tokens: [UInt32] = []
        for byte in UInt8.min...UInt8.max {
            let token =
                vocabulary.spelling == .sentencePiece
                ? vocabulary.bytesAlone[byte] : withUnsafeBytes(of: byte) { vocabulary.ordinaryToken($0) }
            guard let token, !vocabulary.isSpecial(token) else { throw .missingByte(byte) }
            tokens.append(UInt32(bitPattern: token))
        }
        return tokens
    }
}
