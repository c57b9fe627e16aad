public import JSON
public import Tokenization

/// A chat template: a small program, published with a model, that turns a conversation into the model's prompt.
///
/// The language is the part of Jinja that the templates of Qwen, Llama, Mistral and R1-distill models use, with the
/// meaning that `transformers` gives it (trimmed blocks, its `tojson`, `raise_exception` and `strftime_now`). What is
/// not built is refused by name. A template reaches nothing but the values that it is given, and takes no more steps and
/// text than its limits allow.
public struct ChatTemplate: Sendable {
    private let statements: [Statement]
    private let limits: TemplateLimits

    /// Parses a template.
    ///
    /// - Throws: `syntax`, `unsupported` or `limit`, with the line.
    public init(_ source: String, limits: TemplateLimits = TemplateLimits()) throws(TemplateError) {
        guard source.unicodeScalars.dropFirst(max(0, limits.source)).isEmpty else {
            throw .limit(line: 1, resource: "characters of source", limit: limits.source)
        }
        var lexer = TemplateLexer(source)
        try lexer.run()
        var parser = TemplateParser(lexer.tokens)
        statements = try parser.parse()
        self.limits = limits
    }

    /// Renders a conversation.
    ///
    /// - Parameters:
    ///   - given: what the user's side says: `messages`, `tools`, and whatever the model's template asks for. Its text
    ///     stays marked as given, and must not become special tokens.
    ///   - trusted: what belongs to the model, such as `bos_token` and `add_generation_prompt`; it wins over `given`.
    ///   - date: what `strftime_now` tells; without one a template finds that it is not defined.
    /// - Returns: the prompt, for `Tokenizer.encode` without its prefix: templates spell that out. Neighbours differ in who
    ///   wrote them.
    /// - Throws: `raised` if the template refuses the conversation, `undefined` or `mismatch` if something is missing or
    ///   of the wrong kind, `limit` if it takes too long or writes too much.
    public func render(
        given: JSONObject, trusted: JSONObject = JSONObject(), date: TemplateDate? = nil
    ) throws(TemplateError) -> [PromptPart] {
        var globals: [String: TemplateValue] = [:]
        for member in given.members { globals[member.name] = TemplateValue(member.value, isGiven: true) }
        for member in trusted.members { globals[member.name] = TemplateValue(member.value, isGiven: false) }
        let interpreter = Interpreter(globals: globals, date: date, limits: limits)
        _ = try interpreter.run(statements)
        return interpreter.output.parts
    }
}
