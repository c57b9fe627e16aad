import JSON

/// What happens to text before it is split.
enum Normalizer: Sendable {
    /// Nothing (Llama 3).
    case none
    /// Unicode normalisation form C (Qwen).
    case canonicalComposition
    /// A space before every text that is not empty, and spaces for "▁" (Llama 2).
    case spaceBefore

    /// Reads the field `normalizer`.
    ///
    /// - Throws: `unsupported` for every other normaliser, by its name.
    init(parsing value: JSONValue?, spelling: TokenSpelling) throws(TokenizerError) {
        guard let value, value != .null else {
            self = .none
            return
        }
        let steps = value["type"]?.string == "Sequence" ? value["normalizers"]?.array ?? [] : [value]
        let names = steps.map { $0["type"]?.string ?? $0.kind }
        if names == ["NFC"], spelling == .byteAlphabet {
            self = .canonicalComposition
        } else if names == ["Prepend", "Replace"], spelling == .sentencePiece, steps[0]["prepend"] == "▁",
            steps[1]["pattern"]?["String"] == " ", steps[1]["content"] == "▁"
        {
            self = .spaceBefore
        } else {
            throw .unsupported(
                field: "normalizer", found: names.joined(separator: ", "),
                supported: "null, NFC, and Prepend with Replace as in Llama 2")
        }
    }

    /// Calls `body` with the normalised text, which is the text itself where nothing changes.
    func withNormalized(
        _ text: UnsafeBufferPointer<UInt8>, _ start: TextStart, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        switch self {
        case .none: body(text)
        case .canonicalComposition:
            if let normalized = CanonicalComposition.normalized(text) {
                normalized.withUnsafeBufferPointer(body)
            } else {
                body(text)
            }
        case .spaceBefore:
            var spaced: [UInt8] = text.isEmpty || start == .inText ? [] : [0x20]
            TokenSpelling.append(text, replacing: TokenSpelling.space, by: [0x20], to: &spaced)
            spaced.withUnsafeBufferPointer(body)
        }
    }
}
