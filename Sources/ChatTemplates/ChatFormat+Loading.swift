internal import Files
internal import JSON
public import Tokenization

extension ChatFormat {
    private static let fileLimit = 64 << 20
    /// What templates may call by name.
    private static let tokenNames = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]

    /// The format that a choice stands for; nil for `raw`.
    ///
    /// - Parameters:
    ///   - choice: which template.
    ///   - folder: the model's folder.
    ///   - tokenizer: its tokenizer, which must have the tokens of a built-in template.
    /// - Throws: `ChatFormatError`, among others if the folder brings no template.
    public init?(
        _ choice: ChatTemplateChoice, folder: String, tokenizer: Tokenizer
    ) throws(ChatFormatError) {
        switch choice {
        case .raw: return nil
        case .chatml: try self.init(.chatml, choice, tokenizer)
        case .llama3: try self.init(.llama3, choice, tokenizer)
        case .model:
            guard let own = try ChatFormat(folder: folder) else { throw .noTemplate(folder: folder) }
            self = own
        }
    }

    private init(
        _ builtIn: BuiltInTemplate, _ choice: ChatTemplateChoice, _ tokenizer: Tokenizer
    ) throws(ChatFormatError) {
        for token in builtIn.tokens where tokenizer.token(for: token).map(tokenizer.isSpecial) != true {
            throw .missingToken(token, template: choice)
        }
        self.init(
            try ChatFormat.parsed(builtIn.source, path: choice.rawValue), specialTokens: JSONObject(),
            endOfTurn: builtIn.tokens.last.flatMap { tokenizer.token(for: $0) })
    }

    /// The format that a model's folder brings: `chat_template.jinja`, or `chat_template` in `tokenizer_config.json`,
    /// where the one named `default` counts if there are several. Nil if there is neither.
    ///
    /// - Throws: `ChatFormatError.unreadable`, `.invalidJSON`, `.malformed`, or `.template` for one that cannot be
    ///   parsed.
    public init?(folder: String) throws(ChatFormatError) {
        let path = folder + "/tokenizer_config.json"
        let configuration = try ChatFormat.json(path)
        let file = folder + "/chat_template.jinja"
        let template: ChatTemplate
        if let bytes = try ChatFormat.read(file) {
            guard let source = String(validating: bytes, as: UTF8.self) else {
                throw .malformed(path: file, found: "bytes that are not UTF-8")
            }
            template = try ChatFormat.parsed(source, path: file)
        } else if let source = try ChatFormat.source(in: configuration?["chat_template"], path: path) {
            template = try ChatFormat.parsed(source, path: path)
        } else {
            return nil
        }
        var specialTokens = JSONObject()
        for name in ChatFormat.tokenNames {
            let value = configuration?[name]
            if let text = value?.string ?? value?["content"]?.string { specialTokens.set(name, .string(text)) }
        }
        self.init(template, specialTokens: specialTokens)
    }

    /// A template is a text, or a list of named ones.
    private static func source(in field: JSONValue?, path: String) throws(ChatFormatError) -> String? {
        guard let field, field != .null else { return nil }
        if let source = field.string { return source }
        guard let named = field.array else { throw .malformed(path: path, found: field.kind) }
        let usual = named.first { $0["name"]?.string == "default" }
        guard let source = usual?["template"]?.string else { throw .malformed(path: path, found: "a list without it") }
        return source
    }

    private static func parsed(_ source: String, path: String) throws(ChatFormatError) -> ChatTemplate {
        do { return try ChatTemplate(source) } catch { throw .template(path: path, error) }
    }

    private static func json(_ path: String) throws(ChatFormatError) -> JSONValue? {
        guard let bytes = try read(path) else { return nil }
        do { return try JSONValue(parsing: bytes) } catch { throw .invalidJSON(path: path, error) }
    }

    private static func read(_ path: String) throws(ChatFormatError) -> [UInt8]? {
        do {
            return try InputFile(path: path, followsLinks: true).readAll(limit: fileLimit)
        } catch .missing {
            return nil
        } catch {
            throw .unreadable(path: path, error)
        }
    }
}
