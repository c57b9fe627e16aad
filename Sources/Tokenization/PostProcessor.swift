import JSON

/// The tokens that a text gets before and after it, such as Llama 3's `<|begin_of_text|>`.
struct PostProcessor: Sendable {
    /// More tokens around a text than any model has.
    private static let mostTokens = 64

    /// What comes before the text.
    private(set) var prefix: [Int32] = []
    /// What comes after the text.
    private(set) var suffix: [Int32] = []

    /// Reads the field `post_processor`: absent, `ByteLevel` (which changes no id), `TemplateProcessing`, or a
    /// `Sequence` of them.
    ///
    /// - Throws: `unsupported` for every other one, by its name; `malformed`; `unknownToken`.
    init(parsing value: JSONValue?, vocabulary: Vocabulary) throws(TokenizerError) {
        guard let value, value != .null else { return }
        if value["type"]?.string == "Sequence", let steps = value["processors"]?.array {
            for step in steps { try add(step, vocabulary: vocabulary) }
        } else {
            try add(value, vocabulary: vocabulary)
        }
    }

    private mutating func add(_ value: JSONValue, vocabulary: Vocabulary) throws(TokenizerError) {
        switch value["type"]?.string {
        case "ByteLevel": break
        case "TemplateProcessing": try addTemplate(value, vocabulary: vocabulary)
        case let name:
            throw .unsupported(
                field: "post_processor", found: name ?? value.kind,
                supported: "null, ByteLevel, TemplateProcessing and a Sequence of them")
        }
    }

    private mutating func addTemplate(_ value: JSONValue, vocabulary: Vocabulary) throws(TokenizerError) {
        let field = "post_processor.single"
        guard let template = value["single"]?.array else {
            throw .malformed(field: field, found: value["single"]?.kind ?? "absent", expected: "an array")
        }
        let textPositions = template.indices.filter { template[$0]["Sequence"]?["id"]?.string == "A" }
        guard textPositions.count == 1 else {
            throw .malformed(field: field, found: "\(textPositions.count) texts A", expected: "one")
        }
        var before: [Int32] = []
        var after: [Int32] = []
        for (index, element) in template.enumerated() where index != textPositions[0] {
            guard let name = element["SpecialToken"]?["id"]?.string else {
                throw .malformed(field: field, found: element.excerpt, expected: "special tokens around the text A")
            }
            guard before.count + after.count <= PostProcessor.mostTokens else { break }
            let tokens = try PostProcessor.tokens(named: name, of: value, vocabulary: vocabulary)
            if index < textPositions[0] { before += tokens } else { after += tokens }
        }
        guard before.count + after.count + prefix.count + suffix.count <= PostProcessor.mostTokens else {
            throw .malformed(
                field: field, found: "more than \(PostProcessor.mostTokens) tokens", expected: "a few around the text A"
            )
        }
        // A later step wraps what the earlier ones made.
        prefix = before + prefix
        suffix += after
    }

    private static func tokens(
        named name: String, of value: JSONValue, vocabulary: Vocabulary
    ) throws(TokenizerError) -> [Int32] {
        guard let identifiers = value["special_tokens"]?[name]?["ids"]?.array else {
            throw .malformed(field: "post_processor.special_tokens", found: "no ids of \"\(name)\"", expected: "ids")
        }
        var tokens: [Int32] = []
        for identifier in identifiers {
            guard let number = identifier.int, let token = Int32(exactly: number), vocabulary.contains(token) else {
                throw .unknownToken(
                    field: "post_processor.special_tokens", text: "\(name)\" with the id \"\(identifier.excerpt)")
            }
            tokens.append(token)
        }
        return tokens
    }
}
