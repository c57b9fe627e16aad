import ChatTemplates
import Decoding
import JSON

/// What a client asks of `/v1/chat/completions` or `/v1/completions`, checked: members that are not honoured are refused by
/// name. `user` and `metadata` say who asks, and change nothing.
struct CompletionRequest: Sendable {
    /// What is to be continued.
    enum Prompt: Sendable {
        case messages([ChatMessage])
        case text(String)
        case tokens([Int32])
    }

    private static let shared = [
        "model", "max_tokens", "temperature", "top_p", "n", "seed", "stop", "stream", "stream_options", "logprobs",
        "presence_penalty", "frequency_penalty", "user", "metadata", "top_k", "min_p", "repetition_penalty",
    ]

    let isChat: Bool
    let prompts: [Prompt]
    /// Texts for each prompt.
    let choices: Int
    let maxTokens: Int?
    let sampling: SamplingParameters
    let stops: [String]
    let isStreamed: Bool
    let includesUsage: Bool
    /// How many alternatives each token comes with; nil if not even its own probability is wanted.
    let alternatives: Int?

    /// A conversation to be continued.
    init(chat json: JSONValue, to model: ServedModel, _ limits: ServerLimits) throws(ServerError) {
        let fields = try RequestFields(
            json, allowed: Self.shared + ["messages", "max_completion_tokens", "top_logprobs", "response_format"])
        isChat = true
        prompts = [.messages(try Self.messages(fields.value("messages")))]
        let wantsProbabilities = try fields.flag("logprobs")
        let alternatives = try fields.integer("top_logprobs", in: 0...20)
        guard wantsProbabilities || alternatives == nil else {
            throw .invalid("top_logprobs needs logprobs to be true.", parameter: "top_logprobs")
        }
        self.alternatives = wantsProbabilities ? alternatives ?? 0 : nil
        if let form = fields.value("response_format"), form["type"]?.string != "text" {
            throw .invalid(
                "response_format is \(form.excerpt), expected {\"type\": \"text\"}.", parameter: "response_format")
        }
        let range = 1...limits.tokens
        let most = try fields.integer("max_tokens", in: range)
        maxTokens = try fields.integer("max_completion_tokens", in: range) ?? most
        (choices, sampling, stops, isStreamed, includesUsage) = try Self.common(fields, model, limits)
    }

    /// Texts to be continued.
    init(text json: JSONValue, to model: ServedModel, _ limits: ServerLimits) throws(ServerError) {
        let fields = try RequestFields(json, allowed: Self.shared + ["prompt"])
        isChat = false
        prompts = try Self.prompts(fields.value("prompt"))
        alternatives = try fields.integer("logprobs", in: 0...20)
        maxTokens = try fields.integer("max_tokens", in: 1...limits.tokens) ?? min(16, limits.tokens)
        (choices, sampling, stops, isStreamed, includesUsage) = try Self.common(fields, model, limits)
        guard prompts.count * choices <= limits.choices else {
            throw .invalid(
                "\(prompts.count) prompts with n = \(choices) ask for \(prompts.count * choices) texts, expected at most "
                    + "\(limits.choices).", parameter: "n")
        }
    }

    private static func common(
        _ fields: RequestFields, _ model: ServedModel, _ limits: ServerLimits
    ) throws(ServerError) -> (Int, SamplingParameters, [String], Bool, Bool) {
        if let name = try fields.text("model"), name != model.name {
            throw ServerError(
                status: 404, kind: .notFound,
                message: "There is no model \(JSONValue.string(name).excerpt) here, only \(model.name).",
                parameter: "model")
        }
        let isStreamed = try fields.flag("stream")
        let options = try fields.object("stream_options", allowed: ["include_usage"])
        guard isStreamed || options == nil else {
            throw .invalid("stream_options needs stream to be true.", parameter: "stream_options")
        }
        return (
            try fields.integer("n", in: 1...limits.choices) ?? 1, try sampling(fields, usual: model.sampling),
            try stops(fields.value("stop")), isStreamed, try options?.flag("include_usage") ?? false
        )
    }

    private static func sampling(
        _ fields: RequestFields, usual: SamplingParameters
    ) throws(ServerError) -> SamplingParameters {
        let temperature = try fields.number("temperature", in: 0...1000) ?? usual.temperature
        let (topK, topP) = (
            try fields.integer("top_k", in: 0...Int.max) ?? usual.topK,
            try fields.number("top_p", in: 0...1) ?? usual.topP
        )
        let minP = try fields.number("min_p", in: 0...1) ?? usual.minP
        let repetition = try fields.number("repetition_penalty", in: 0.01...100) ?? usual.repetitionPenalty
        let presence = try fields.number("presence_penalty", in: -2...2) ?? 0
        let frequency = try fields.number("frequency_penalty", in: -2...2) ?? 0
        let seed = try fields.seed() ?? UInt64.random(in: 0...(1 << 53))
        do {
            return try SamplingParameters(
                temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetition,
                presencePenalty: presence, frequencyPenalty: frequency, seed: seed)
        } catch { throw .invalid("\(error)") }
    }

    /// One text or several; none may be empty.
    private static func stops(_ value: JSONValue?) throws(ServerError) -> [String] {
        guard let value else { return [] }
        let texts = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
        let isWhole = value.array.map { $0.count == texts.count } ?? true
        guard isWhole, (1...4).contains(texts.count), texts.allSatisfy({ (1...128).contains($0.utf8.count) }) else {
            throw .invalid(
                "stop is \(value.excerpt), expected a text or up to 4, of 1 to 128 bytes.", parameter: "stop")
        }
        return texts
    }

    private static func prompts(_ value: JSONValue?) throws(ServerError) -> [Prompt] {
        if let prompt = prompt(value) { return [prompt] }
        if let elements = value?.array, !elements.isEmpty {
            let prompts = elements.compactMap { prompt($0) }
            if prompts.count == elements.count { return prompts }
        }
        throw .invalid(
            "prompt is \(value?.excerpt ?? "missing"), expected a text, token ids, or a list of either.",
            parameter: "prompt")
    }

    private static func prompt(_ value: JSONValue?) -> Prompt? {
        if let text = value?.string { return .text(text) }
        guard let elements = value?.array, !elements.isEmpty else { return nil }
        let ids = elements.compactMap { $0.int.flatMap { Int32(exactly: $0) } }
        return ids.count == elements.count ? .tokens(ids) : nil
    }

    private static func messages(_ value: JSONValue?) throws(ServerError) -> [ChatMessage] {
        guard let elements = value?.array, !elements.isEmpty else {
            throw .invalid(
                "messages is \(value?.excerpt ?? "missing"), expected a list of at least one.", parameter: "messages")
        }
        var messages: [ChatMessage] = []
        for (index, element) in elements.enumerated() {
            let fields = try RequestFields(element, name: "messages[\(index)]", allowed: ["role", "content"])
            let role = try fields.text("role") ?? ""
            guard ["system", "developer", "user", "assistant"].contains(role) else {
                throw .invalid(
                    "messages[\(index)].role is \(JSONValue.string(role).excerpt), expected system, developer, user or assistant.",
                    parameter: "messages")
            }
            guard let content = content(fields.value("content")) else {
                throw .invalid(
                    "messages[\(index)].content is \(fields.value("content")?.excerpt ?? "missing"), expected a text, or "
                        + "parts of the type text.", parameter: "messages")
            }
            messages.append(ChatMessage(role: role == "developer" ? "system" : role, content: content))
        }
        return messages
    }

    /// A text, or parts that are texts.
    private static func content(_ value: JSONValue?) -> String? {
        if let text = value?.string { return text }
        guard let parts = value?.array else { return nil }
        let texts = parts.compactMap { $0["type"]?.string == "text" ? $0["text"]?.string : nil }
        return texts.count == parts.count ? texts.joined() : nil
    }
}
