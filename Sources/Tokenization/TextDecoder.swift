import JSON

/// How tokens become text again.
enum TextDecoder: Sendable {
    /// Their bytes, one after the other.
    case bytes
    /// Their texts, with runs of byte tokens as UTF-8, and without the first space of the whole if it is dropped.
    case sentencePiece(dropsFirstSpace: Bool)

    /// Reads the field `decoder`.
    ///
    /// - Throws: `unsupported` for every other decoder.
    init(parsing value: JSONValue?, spelling: TokenSpelling) throws(TokenizerError) {
        let steps = value?["decoders"]?.array ?? value.map { [$0] } ?? []
        let names = steps.map { $0["type"]?.string ?? $0.kind }
        switch spelling {
        case .byteAlphabet where names == ["ByteLevel"]: self = .bytes
        case .sentencePiece where names.starts(with: ["Replace", "ByteFallback", "Fuse"]) && names.count <= 4:
            guard steps[0]["pattern"]?["String"] == "▁", steps[0]["content"] == " ",
                names.count == 3 || TextDecoder.stripsOneSpace(steps[3])
            else { fallthrough }
            self = .sentencePiece(dropsFirstSpace: names.count == 4)
        default:
            throw .unsupported(
                field: "decoder", found: names.isEmpty ? "absent" : value?.excerpt ?? "",
                supported: spelling == .byteAlphabet
                    ? "ByteLevel" : "Replace, ByteFallback, Fuse and Strip as in Llama 2")
        }
    }

    private static func stripsOneSpace(_ step: JSONValue) -> Bool {
        step["type"] == "Strip" && step["content"] == " " && step["start"] == 1 && step["stop"] == 0
    }
}
