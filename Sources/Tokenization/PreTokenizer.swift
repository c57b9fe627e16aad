import JSON

/// How text is cut into the pieces that merges never cross.
enum PreTokenizer: Sendable {
    /// By a pattern (byte-level vocabularies).
    case split(SplitPattern)
    /// Not at all (SentencePiece vocabularies).
    case whole(SpaceBefore)

    /// Which texts get a space before them if they do not start with one.
    enum SpaceBefore: String, Sendable {
        case never
        /// Only what stands at the very start, not what follows an added token.
        case first
        case always
    }

    /// Reads the field `pre_tokenizer`: a known `Split`, then `ByteLevel` without a pattern of its own; for
    /// SentencePiece vocabularies nothing, or `Metaspace` that does not split.
    ///
    /// - Throws: `unknownPattern`, and `unsupported` for every other pre-tokeniser, by its name.
    init(parsing value: JSONValue?, spelling: TokenSpelling) throws(TokenizerError) {
        self =
            switch spelling {
            case .byteAlphabet: .split(try PreTokenizer.pattern(parsing: value))
            case .sentencePiece: .whole(try PreTokenizer.spaceBefore(parsing: value))
            }
    }

    private static func spaceBefore(parsing value: JSONValue?) throws(TokenizerError) -> SpaceBefore {
        guard let value, value != .null else { return .never }
        guard value["type"] == "Metaspace", value["replacement"] == "▁", value["split"] == false,
            let scheme = value["prepend_scheme"]?.string.flatMap(SpaceBefore.init)
        else {
            throw .unsupported(
                field: "pre_tokenizer", found: value.excerpt,
                supported: "null, and Metaspace with a prepend_scheme and without split")
        }
        return scheme
    }

    private static func pattern(parsing value: JSONValue?) throws(TokenizerError) -> SplitPattern {
        let steps = value?["pretokenizers"]?.array ?? value.map { [$0] } ?? []
        guard value?["type"]?.string == "Sequence", steps.count == 2 else {
            throw PreTokenizer.unsupported(value)
        }
        guard steps[0]["type"]?.string == "Split", let expression = steps[0]["pattern"]?["Regex"]?.string else {
            throw PreTokenizer.unsupported(steps[0])
        }
        guard let pattern = SplitPattern.allCases.first(where: { ExactName($0.spelling) == ExactName(expression) })
        else { throw .unknownPattern(expression) }
        // The patterns match every character, so that keeping the matches and cutting around them are the same.
        let behavior = steps[0]["behavior"]?.string
        let isInverted = steps[0]["invert"]?.bool
        guard behavior == "Isolated" && isInverted == false || behavior == "Removed" && isInverted == true else {
            throw .unsupported(
                field: "pre_tokenizer.behavior", found: steps[0].excerpt, supported: "Isolated, not inverted")
        }
        guard steps[1]["type"]?.string == "ByteLevel", steps[1]["add_prefix_space"]?.bool == false,
            steps[1]["use_regex"]?.bool == false
        else { throw PreTokenizer.unsupported(steps[1]) }
        return pattern
    }

    private static func unsupported(_ value: JSONValue?) -> TokenizerError {
        .unsupported(
            field: "pre_tokenizer", found: value?.excerpt ?? "absent",
            supported: "a Sequence of Split and ByteLevel with add_prefix_space and use_regex false")
    }

    /// Calls `body` with each piece of a normalised text, in order.
    func forEachPiece(
        of text: UnsafeBufferPointer<UInt8>, _ start: TextStart, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        switch self {
        case .split(let pattern):
            var scanner = PieceScanner(text, pattern: pattern)
            while let piece = scanner.next() { body(piece) }
        case .whole(.never):
            if !text.isEmpty { body(text) }
        case .whole(let spaceBefore):
            guard !text.isEmpty else { return }
            var spaced: [UInt8] = []
            TokenSpelling.append(text, replacing: TokenSpelling.space, by: [0x20], to: &spaced)
            let wantsSpace = start == .first || spaceBefore == .always && start == .behindToken
            if wantsSpace, spaced[0] != 0x20 { spaced.insert(0x20, at: 0) }
            spaced.withUnsafeBufferPointer(body)
        }
    }
}
