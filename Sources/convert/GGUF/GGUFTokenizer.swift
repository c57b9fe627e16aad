import JSON

/// The tokenizer of a GGUF file as the `tokenizer.json` that it once came from.
struct GGUFTokenizer {
    /// How text is split before it is encoded.
    struct Splitting {
        /// llama.cpp's names for it; the first is written.
        let names: [String]
        /// How many digits a piece may have, as a part of the expression.
        let digits: String
        /// What is done to the text before.
        let normalizer: JSONValue

        /// The whole expression.
        var expression: String {
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + digits
                + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        }

        /// All that are read and written.
        static let all = [
            Splitting(names: ["llama-bpe", "llama3", "llama-v3"], digits: "{1,3}", normalizer: .null),
            Splitting(names: ["qwen2"], digits: "", normalizer: ["type": "NFC"]),
        ]
    }

    /// The `tokenizer.ggml.model` of files without a tokenizer.
    static let none = "no_vocab"
    // The kinds of tokens.
    static let normal = 1
    static let unknown = 2
    static let control = 3
    static let userDefined = 4
    static let unused = 5
    static let byte = 6
    /// Scalars of the longest token that merges make; SentencePiece's own limit is 16.
    private static let longestMerged = 256

    private let metadata: GGUFMetadata
    private let tokens: [String]
    private let kinds: [Int]

    init(_ metadata: GGUFMetadata) throws(ConvertError) {
        self.metadata = metadata
        tokens = try metadata.texts("tokenizer.ggml.tokens")
        kinds = try metadata.integers("tokenizer.ggml.token_type")
        guard kinds.count == tokens.count, !tokens.isEmpty else {
            throw metadata.problem("tokenizer.ggml.token_type", "has \(kinds.count) entries for \(tokens.count) tokens")
        }
    }

    /// The whole `tokenizer.json`.
    func json() throws(ConvertError) -> JSONValue {
        switch try metadata.text("tokenizer.ggml.model") ?? "" {
        case "gpt2": try byteLevel()
        case "llama": try sentencePiece()
        case let model:
            throw metadata.problem("tokenizer.ggml.model", "is \"\(model.prefix(100))\"; gpt2 and llama are read")
        }
    }

    /// `tokenizer_config.json`: the chat template, and the tokens that begin and end a text.
    func configuration() throws(ConvertError) -> JSONValue {
        var members = JSONObject()
        for name in ["bos", "eos"] where metadata.has("tokenizer.ggml.\(name)_token_id") {
            let id = try metadata.integer("tokenizer.ggml.\(name)_token_id", in: 0...tokens.count - 1)
            members.set("\(name)_token", .string(tokens[id]))
        }
        if let template = try metadata.text("tokenizer.chat_template") {
            members.set("chat_template", .string(template))
        }
        return .object(members)
    }

    // MARK: The two kinds

    private func byteLevel() throws(ConvertError) -> JSONValue {
        let name = try metadata.text("tokenizer.ggml.pre") ?? ""
        guard let splitting = Splitting.all.first(where: { $0.names.contains(name) }) else {
            let known = Splitting.all.flatMap(\.names).joined(separator: ", ")
            throw metadata.problem("tokenizer.ggml.pre", "is \"\(name.prefix(100))\"; these are read: \(known)")
        }
        let bytes: JSONValue = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false,
        ]
        let split: JSONValue = [
            "type": "Split", "pattern": ["Regex": .string(splitting.expression)], "behavior": "Isolated",
            "invert": false,
        ]
        let merges = try metadata.texts("tokenizer.ggml.merges").map { JSONValue.string($0) }
        return [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(addedTokens()),
            "normalizer": splitting.normalizer,
            "pre_tokenizer": ["type": "Sequence", "pretokenizers": [split, bytes]],
            "post_processor": try beginning(byDefault: false) ?? bytes, "decoder": bytes,
            "model": [
                "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false,
                "ignore_merges": .bool(splitting.digits != ""), "vocab": vocabulary(), "merges": .array(merges),
            ],
        ]
    }

    private func sentencePiece() throws(ConvertError) -> JSONValue {
        let replaced: JSONValue = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
        let prefixed = try metadata.flag("tokenizer.ggml.add_space_prefix") ?? true
        let before: [JSONValue] = prefixed ? [["type": "Prepend", "prepend": "▁"], replaced] : [replaced]
        let after: [JSONValue] = [
            ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"], ["type": "Fuse"],
        ]
        let stripped: [JSONValue] = prefixed ? [["type": "Strip", "content": " ", "start": 1, "stop": 0]] : []
        guard let unknown = kinds.firstIndex(of: GGUFTokenizer.unknown) else {
            throw metadata.problem("tokenizer.ggml.token_type", "names no token for what is unknown")
        }
        return [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(addedTokens()),
            "normalizer": ["type": "Sequence", "normalizers": .array(before)], "pre_tokenizer": .null,
            "post_processor": try beginning(byDefault: true) ?? .null,
            "decoder": ["type": "Sequence", "decoders": .array(after + stripped)],
            "model": [
                "type": "BPE", "dropout": .null, "unk_token": .string(tokens[unknown]),
                "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": true,
                "byte_fallback": true, "vocab": vocabulary(), "merges": .array(try merges()),
            ],
        ]
    }

    // MARK: Parts

    private func vocabulary() -> JSONValue {
        var members = JSONObject()
        for (id, token) in tokens.enumerated() { members.set(token, .integer(id)) }
        return .object(members)
    }

    /// Tokens that are no text of their own, or are looked for before everything else.
    private func addedTokens() -> [JSONValue] {
        zip(tokens, kinds).enumerated().compactMap { id, token in
            guard [GGUFTokenizer.unknown, GGUFTokenizer.control, GGUFTokenizer.userDefined].contains(token.1) else {
                return nil
            }
            return [
                "id": .integer(id), "content": .string(token.0), "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": .bool(token.1 != GGUFTokenizer.userDefined),
            ]
        }
    }

    /// Puts the token that begins a text before it, if the model wants one.
    private func beginning(byDefault: Bool) throws(ConvertError) -> JSONValue? {
        guard try metadata.flag("tokenizer.ggml.add_bos_token") ?? byDefault else { return nil }
        let id = try metadata.integer("tokenizer.ggml.bos_token_id", in: 0...tokens.count - 1)
        let name = JSONValue.string(tokens[id])
        var entries = JSONObject()
        entries.set(tokens[id], ["id": name, "ids": [.integer(id)], "tokens": [name]])
        func token(_ type: Int) -> JSONValue { ["SpecialToken": ["id": name, "type_id": .integer(type)]] }
        func text(_ id: String, _ type: Int) -> JSONValue {
            ["Sequence": ["id": .string(id), "type_id": .integer(type)]]
        }
        return [
            "type": "TemplateProcessing", "single": [token(0), text("A", 0)],
            "pair": [token(0), text("A", 0), token(1), text("B", 1)], "special_tokens": .object(entries),
        ]
    }

    /// Merges that do what SentencePiece does with scores: any two neighbours that make a token, best score first.
    private func merges() throws(ConvertError) -> [JSONValue] {
        let scores = try metadata.numbers("tokenizer.ggml.scores")
        guard scores.count == tokens.count else {
            throw metadata.problem("tokenizer.ggml.scores", "has \(scores.count) entries for \(tokens.count) tokens")
        }
        var ids: [ExactName: Int] = [:]
        for (id, token) in tokens.enumerated() where kinds[id] == GGUFTokenizer.normal { ids[ExactName(token)] = id }
        var found: [(left: Int, right: Int, whole: Int)] = []
        for (whole, token) in tokens.enumerated() where kinds[whole] == GGUFTokenizer.normal {
            let scalars = token.unicodeScalars
            guard scalars.count <= GGUFTokenizer.longestMerged else {
                throw metadata.problem("tokenizer.ggml.tokens", "holds one of \(scalars.count) characters")
            }
            for cut in scalars.indices.dropFirst() {
                if let left = ids[ExactName(String(scalars[..<cut]))],
                    let right = ids[ExactName(String(scalars[cut...]))]
                {
                    found.append((left, right, whole))
                }
            }
        }
        found.sort { (-scores[$0.whole], $0.whole, $0.left) < (-scores[$1.whole], $1.whole, $1.left) }
        return found.map { [.string(tokens[$0.left]), .string(tokens[$0.right])] }
    }
}
