import JSON

/// What happens to text before it is split.
enum Normalizer: Sendable {
    /// Nothing (Llama 3).
    case none
    /// Unicode normalisation form C (Qwen).
    case canonicalComposition

    /// Reads the field `normalizer`.
    ///
    /// - Throws: `unsupported` for every other normaliser, by its name.
    init(parsing value: JSONValue?) throws(TokenizerError) {
        guard let value, value != .null else {
            self = .none
            return
        }
        guard value["type"]?.string == "NFC" else {
            let steps = value["normalizers"]?.array ?? [value]
            let names = steps.map { $0["type"]?.string ?? $0.kind }.joined(separator: ", ")
            throw .unsupported(field: "normalizer", found: names, supported: "null and NFC")
        }
        self = .canonicalComposition
    }

    /// Calls `body` with the normalised text, which is the text itself where nothing changes.
    func withNormalized(_ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        switch self {
        case .none: body(text)
        case .canonicalComposition:
            if let normalized = CanonicalComposition.normalized(text) {
                normalized.withUnsafeBufferPointer(body)
            } else {
                body(text)
            }
        }
    }
}
