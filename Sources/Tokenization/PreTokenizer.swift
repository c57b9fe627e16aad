import JSON

/// How text is cut into the pieces that merges never cross.
struct PreTokenizer: Sendable {
    /// What the pieces look like.
    let pattern: SplitPattern

    /// Reads the field `pre_tokenizer`: a known `Split`, then `ByteLevel` without a pattern of its own.
    ///
    /// - Throws: `unknownPattern`, and `unsupported` for every other pre-tokeniser, by its name.
    init(parsing value: JSONValue?) throws(TokenizerError) {
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
        self.pattern = pattern
    }

    private static func unsupported(_ value: JSONValue?) -> TokenizerError {
        .unsupported(
            field: "pre_tokenizer", found: value?.excerpt ?? "absent",
            supported: "a Sequence of Split and ByteLevel with add_prefix_space and use_regex false")
    }
}
