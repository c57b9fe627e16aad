import JSON

/// A byte-level vocabulary as Qwen publishes it beside tokenizer.json: vocab.json, merges.txt, and the added tokens in
/// tokenizer_config.json.
enum VocabularyFiles {
    /// The classes of tokenizer_config.json whose normaliser and pattern are known.
    private static let classes = ["Qwen2Tokenizer", "Qwen2TokenizerFast"]

    /// The content of a tokenizer.json that means the same.
    ///
    /// - Parameters:
    ///   - vocabulary: vocab.json.
    ///   - merges: the text of merges.txt: a line for each merge, after a line `#version` if there is one.
    ///   - configuration: tokenizer_config.json.
    /// - Throws: `unsupported` for tokenizers of another class, which split text in ways that no file states.
    static func joined(
        vocabulary: JSONValue, merges: [UInt8], configuration: JSONValue?
    ) throws(TokenizerError) -> JSONValue {
        let name = configuration?["tokenizer_class"]?.string
        guard let name, classes.contains(name) else {
            throw .unsupported(
                field: "tokenizer_config.json: tokenizer_class", found: name ?? "absent",
                supported: "Qwen2Tokenizer without a tokenizer.json; save it with one")
        }
        guard let text = String(validating: merges, as: UTF8.self) else {
            throw .malformed(field: "merges.txt", found: "bytes that are not UTF-8", expected: "pairs of tokens")
        }
        let lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
        let rules = lines.first?.hasPrefix("#version") == true ? lines.dropFirst() : lines[...]
        var added: [JSONValue] = []
        for member in configuration?["added_tokens_decoder"]?.object?.members ?? [] {
            guard var token = member.value.object, let identifier = Int(member.name) else {
                throw .malformed(
                    field: "tokenizer_config.json: added_tokens_decoder[\"\(member.name)\"]",
                    found: member.value.excerpt, expected: "a token behind its id")
            }
            token.set("id", .integer(identifier))
            added.append(.object(token))
        }
        return [
            "added_tokens": .array(added),
            "normalizer": ["type": "NFC"],
            "pre_tokenizer": [
                "type": "Sequence",
                "pretokenizers": [
                    [
                        "type": "Split", "pattern": ["Regex": .string(SplitPattern.qwen.spelling)],
                        "behavior": "Isolated", "invert": false,
                    ],
                    ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false],
                ],
            ],
            "decoder": ["type": "ByteLevel"],
            "model": ["type": "BPE", "vocab": vocabulary, "merges": .array(rules.map { .string($0) })],
        ]
    }
}
