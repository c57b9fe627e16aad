import GGUF
import JSON

/// What a GGUF file says about a tokenizer, from `tokenizer.json`.
struct GGUFTokenizerEntries {
    private static let fileName = "tokenizer.json"
    private let path: String
    /// The value of `tokenizer.json`; nil if the model has none.
    private let json: JSONValue?
    private let settings: JSONValue?
    private let configuration: JSONObject
    private let vocabularySize: Int

    /// - Parameters:
    ///   - configuration: the members of `config.json`.
    ///   - vocabularySize: rows of the embedding table, each of which needs a token.
    init(_ source: ModelSource, configuration: JSONObject, vocabularySize: Int) throws(ConvertError) {
        path = source.path
        self.configuration = configuration
        self.vocabularySize = vocabularySize
        json = try source.companion(GGUFTokenizerEntries.fileName)
        settings = try source.companion("tokenizer_config.json")
    }

    /// The entries of the metadata.
    func entries() throws(ConvertError) -> [(key: String, value: GGUFValue)] {
        guard let json else { return [("tokenizer.ggml.model", .string(GGUFTokenizer.none))] }
        guard let model = json["model"], model["type"]?.string ?? "BPE" == "BPE",
            let vocabulary = model["vocab"]?.object
        else { throw refused("is no BPE") }
        let hasByteFallback = model["byte_fallback"]?.bool ?? false
        let merges = try (model["merges"]?.array ?? []).map(merge)
        var entries: [(key: String, value: GGUFValue)] = []
        if hasByteFallback {
            entries += [("tokenizer.ggml.model", .string("llama")), ("tokenizer.ggml.pre", .string("default"))]
        } else {
            let pre = try splitting(json).names[0]
            entries += [("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(pre))]
        }
        let tokens = try tokens(vocabulary, model: model, added: json["added_tokens"]?.array ?? [])
        entries += [
            ("tokenizer.ggml.tokens", .strings(tokens.map(\.text))),
            ("tokenizer.ggml.token_type", .integers(tokens.map(\.kind))),
        ]
        if hasByteFallback {
            entries.append(("tokenizer.ggml.scores", .numbers(scores(tokens.map(\.text), merges))))
            let prepends = (json["normalizer"]?.serialized() ?? "").contains("Prepend")
            entries.append(("tokenizer.ggml.add_space_prefix", .bool(prepends)))
        } else {
            entries.append(("tokenizer.ggml.merges", .strings(merges.map { "\($0.left) \($0.right)" })))
        }
        return entries + special(tokens.map(\.text))
    }

    // MARK: Parts

    /// All tokens by id; rows of the table without one get a name that no text has.
    private func tokens(
        _ vocabulary: JSONObject, model: JSONValue, added: [JSONValue]
    ) throws(ConvertError) -> [(text: String, kind: Int)] {
        var tokens = (0..<vocabularySize).map { (text: "[PAD\($0)]", kind: GGUFTokenizer.unused) }
        func set(_ id: JSONValue?, _ text: String, _ kind: Int) throws(ConvertError) {
            guard let id = id?.int, tokens.indices.contains(id) else {
                throw refused("has the token \(JSONValue.string(text).excerpt) without a row of the embedding table")
            }
            tokens[id] = (text, kind)
        }
        let unknown = model["unk_token"]?.string
        let hasBytes = model["byte_fallback"]?.bool ?? false
        for member in vocabulary.members {
            let isByte = hasBytes && member.name.utf8.count == 6 && member.name.hasPrefix("<0x")
            try set(
                member.value, member.name,
                member.name == unknown
                    ? GGUFTokenizer.unknown : isByte ? GGUFTokenizer.byte : GGUFTokenizer.normal)
        }
        for token in added {
            guard let text = token["content"]?.string, text != unknown else { continue }
            let isSpecial = token["special"]?.bool ?? false
            try set(token["id"], text, isSpecial ? GGUFTokenizer.control : GGUFTokenizer.userDefined)
        }
        return tokens
    }

    /// The way of splitting whose expression the file has.
    private func splitting(_ json: JSONValue) throws(ConvertError) -> GGUFTokenizer.Splitting {
        let steps = json["pre_tokenizer"]?["pretokenizers"]?.array ?? []
        let expression = steps.lazy.compactMap { $0["pattern"]?["Regex"]?.string }.first
        let found = GGUFTokenizer.Splitting.all.first { $0.expression == expression }
        guard let found else { throw refused("splits text in a way that is neither Llama 3's nor Qwen2's") }
        return found
    }

    /// One merge, in either of the two forms that files have.
    private func merge(_ value: JSONValue) throws(ConvertError) -> (left: String, right: String) {
        let parts =
            value.string?.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            ?? value.array?.compactMap(\.string) ?? []
        guard parts.count == 2 else { throw refused("has the merge \(value.excerpt), expected two tokens") }
        return (parts[0], parts[1])
    }

    /// Scores with which SentencePiece merges in the order of the file: the earlier, the better.
    private func scores(_ tokens: [String], _ merges: [(left: String, right: String)]) -> [Double] {
        var ranks: [ExactName: Int] = [:]
        for (rank, merge) in merges.enumerated() {
            let whole = ExactName(merge.left + merge.right)
            if ranks[whole] == nil { ranks[whole] = rank }
        }
        return tokens.map { -Double(ranks[ExactName($0)] ?? merges.count) }
    }

    /// What begins and ends a text, and the chat template.
    private func special(_ tokens: [String]) -> [(key: String, value: GGUFValue)] {
        var entries: [(key: String, value: GGUFValue)] = []
        func id(_ name: String) -> Int? {
            let entry = settings?["\(name)_token"]
            if let text = entry?.string ?? entry?["content"]?.string { return tokens.firstIndex(of: text) }
            let value = configuration["\(name)_token_id"]
            return value?.int ?? value?.array?.first?.int
        }
        for name in ["bos", "eos"] {
            if let id = id(name), tokens.indices.contains(id) {
                entries.append(("tokenizer.ggml.\(name)_token_id", .integer(id)))
                if name == "bos" { entries.append(("tokenizer.ggml.add_bos_token", .bool(begins(with: tokens[id])))) }
            } else if name == "bos" {
                entries.append(("tokenizer.ggml.add_bos_token", .bool(false)))
            }
        }
        if let template = settings?["chat_template"]?.string {
            entries.append(("tokenizer.chat_template", .string(template)))
        }
        return entries
    }

    /// Whether the tokenizer puts a token before every text.
    private func begins(with token: String) -> Bool {
        let processor = json?["post_processor"]
        let steps = processor?["processors"]?.array ?? [processor].compactMap { $0 }
        return steps.contains { $0["single"]?.array?.first?["SpecialToken"]?["id"]?.string == token }
    }

    private func refused(_ problem: String) -> ConvertError {
        .badFile(
            path: "\(path)/\(GGUFTokenizerEntries.fileName)",
            reason: "\(problem), which GGUF files cannot express here. Write a folder instead.")
    }
}
