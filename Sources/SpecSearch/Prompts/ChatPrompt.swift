public import ChatTemplates
public import JSON

/// How a question becomes the conversation that a chat model is asked with.
public struct ChatPrompt: Sendable, Hashable {
    /// No conversation: the prompt is a text that the model continues.
    public static let raw = ChatPrompt(template: .raw)

    /// Which template writes the conversation; with `raw` there is none, and the other properties say nothing.
    public var template: ChatTemplateChoice
    /// What a system message says before the user's, or nil for none.
    public var system: String?
    /// What else the model's template asks for, such as `enable_thinking` (Qwen3) or `date_string` (Llama 3).
    public var options: JSONObject
    /// The day that the template may tell the model; without one, what it says depends on nothing but the question.
    public var date: TemplateDate?

    /// - Parameters: the values of the properties, in their order.
    public init(
        template: ChatTemplateChoice, system: String? = nil, options: JSONObject = JSONObject(),
        date: TemplateDate? = nil
    ) {
        self.template = template
        self.system = system
        self.options = options
        self.date = date
    }

    /// What is said although without a template it would be lost: the name of its key in `bundle.json`, or nil.
    var lostWithoutTemplate: String? {
        guard template == .raw else { return nil }
        if system != nil { return "system" }
        if options.count > 0 { return "templateOptions" }
        return date == nil ? nil : "date"
    }

    /// The turns that ask.
    func messages(_ question: String) -> [ChatMessage] {
        let opening = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
        return opening + [ChatMessage(role: "user", content: question)]
    }
}
