public import JSON
public import Tokenization

/// How one model wants a conversation written: a template, and the special tokens that it calls by name.
///
///     let chat = try ChatFormat(folder: "Qwen3-0.6B")
///     let prompt = try chat?.prompt([ChatMessage(role: "user", content: "How many roads?")])
///     let tokens = prompt.map { tokenizer.encode($0, addsPrefix: false) }
public struct ChatFormat: Sendable {
    private let template: ChatTemplate
    /// `bos_token` and the like, as text.
    private let specialTokens: JSONObject
    /// The token that ends a turn, where the template is built in; a model's own files say themselves what ends a text.
    public let endOfTurn: Int32?

    init(_ template: ChatTemplate, specialTokens: JSONObject, endOfTurn: Int32? = nil) {
        self.template = template
        self.specialTokens = specialTokens
        self.endOfTurn = endOfTurn
    }

    /// The prompt that lets the model answer a conversation.
    ///
    /// What is in the messages never becomes a special token. Nothing but the arguments counts: a template that wants to
    /// tell the model what day it is finds no clock unless a date is given.
    ///
    /// - Parameters:
    ///   - messages: the turns, first to last.
    ///   - options: what else the model's template asks for, such as `enable_thinking` (Qwen3) or `tools`.
    ///   - date: what `strftime_now` tells.
    /// - Returns: parts for `Tokenizer.encode` without its prefix.
    /// - Throws: `TemplateError`, if the template refuses the conversation.
    public func prompt(
        _ messages: [ChatMessage], options: JSONObject = JSONObject(), date: TemplateDate? = nil
    ) throws(TemplateError) -> [PromptPart] {
        // As in `transformers`, these are always there.
        var given: JSONObject = JSONObject()
        given.set("tools", .null)
        given.set("documents", .null)
        for option in options.members { given.set(option.name, option.value) }
        given.set("messages", .array(messages.map(\.json)))
        var trusted = specialTokens
        trusted.set("add_generation_prompt", true)
        return try template.render(given: given, trusted: trusted, date: date)
    }
}
