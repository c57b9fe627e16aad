import JSON

/// Completions in the form of OpenAI's interface.
struct CompletionForm: Sendable {
    /// What stands for the logarithm of no probability at all.
    private static let least = -9999.0

    private let isChat: Bool
    private let heading: JSONObject
    /// The same for a part of a stream.
    private let partHeading: JSONObject

    /// - Parameters:
    ///   - number: names the completion.
    ///   - created: when it was asked for, in seconds since 1970.
    init(isChat: Bool, number: String, created: Int, model: ServedModel) {
        self.isChat = isChat
        func heading(_ object: String) -> JSONObject {
            [
                "id": .string((isChat ? "chatcmpl-" : "cmpl-") + number), "object": .string(object),
                "created": .integer(created), "model": .string(model.name),
                "system_fingerprint": .string(model.fingerprint),
            ]
        }
        self.heading = heading(isChat ? "chat.completion" : "text_completion")
        partHeading = heading(isChat ? "chat.completion.chunk" : "text_completion")
    }

    /// All texts at once.
    func whole(_ pieces: [Completion.Piece], promptTokens: Int, completionTokens: Int) -> JSONValue {
        let choices = Dictionary(grouping: pieces, by: \.choice).sorted { $0.key < $1.key }
        var object = heading
        object.set("choices", .array(choices.map { choice($0.value) }))
        object.set("usage", Self.usage(promptTokens, completionTokens))
        return .object(object)
    }

    private func choice(_ pieces: [Completion.Piece]) -> JSONValue {
        let text = pieces.map(\.text).joined()
        let message: JSONValue = ["role": "assistant", "content": .string(text), "refusal": .null]
        return choice(
            pieces[0].choice, isChat ? ("message", message) : ("text", .string(text)), pieces.flatMap(\.tokens),
            finish: pieces.compactMap(\.finish).last)
    }

    /// The parts of a stream that open the messages of a conversation's answers; none for texts.
    func opening(choices: Int) -> [JSONValue] {
        guard isChat else { return [] }
        return (0..<choices).map { index in
            part(choice(index, ("delta", ["role": "assistant", "content": ""]), [], finish: nil))
        }
    }

    /// A part of a stream.
    func part(_ piece: Completion.Piece) -> JSONValue {
        let delta: JSONValue = piece.text.isEmpty && piece.finish != nil ? [:] : ["content": .string(piece.text)]
        return part(
            choice(
                piece.choice, isChat ? ("delta", delta) : ("text", .string(piece.text)), piece.tokens,
                finish: piece.finish))
    }

    private func part(_ choice: JSONValue) -> JSONValue {
        var object = partHeading
        object.set("choices", .array([choice]))
        return .object(object)
    }

    /// The last part of a stream, if the client wants to know what it took.
    func usagePart(promptTokens: Int, completionTokens: Int) -> JSONValue {
        var object = partHeading
        object.set("choices", [])
        object.set("usage", Self.usage(promptTokens, completionTokens))
        return .object(object)
    }

    private static func usage(_ prompt: Int, _ completion: Int) -> JSONValue {
        [
            "prompt_tokens": .integer(prompt), "completion_tokens": .integer(completion),
            "total_tokens": .integer(prompt + completion),
        ]
    }

    private func choice(
        _ index: Int, _ content: (name: String, value: JSONValue), _ tokens: [Completion.ScoredToken], finish: String?
    ) -> JSONValue {
        var object: JSONObject = ["index": .integer(index)]
        object.set(content.name, content.value)
        object.set("logprobs", tokens.isEmpty ? .null : isChat ? Self.chat(tokens) : Self.text(tokens))
        object.set("finish_reason", finish.map { .string($0) } ?? .null)
        return .object(object)
    }

    private static func chat(_ tokens: [Completion.ScoredToken]) -> JSONValue {
        func form(_ candidate: Completion.ScoredToken.Candidate) -> JSONObject {
            [
                "token": .string(String(decoding: candidate.bytes, as: UTF8.self)),
                "logprob": logProbability(candidate),
                "bytes": .array(candidate.bytes.map { .integer(Int($0)) }),
            ]
        }
        let content = tokens.map { token -> JSONValue in
            var object = form(token.token)
            object.set("top_logprobs", .array(token.alternatives.map { .object(form($0)) }))
            return .object(object)
        }
        return ["content": .array(content), "refusal": .null]
    }

    private static func text(_ tokens: [Completion.ScoredToken]) -> JSONValue {
        let alternatives = tokens.map { token -> JSONValue in
            var object = JSONObject()
            for candidate in token.alternatives {
                object.set(name(candidate.bytes), logProbability(candidate))
            }
            return token.alternatives.isEmpty ? .null : .object(object)
        }
        return [
            "tokens": .array(tokens.map { .string(String(decoding: $0.token.bytes, as: UTF8.self)) }),
            "token_logprobs": .array(tokens.map { logProbability($0.token) }),
            "top_logprobs": .array(alternatives),
            "text_offset": .array(tokens.map { .integer($0.offset) }),
        ]
    }

    /// The text of a token, or its bytes in OpenAI's notation if they are only a part of a character: no two share a name.
    private static func name(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let digits = bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "bytes:" + digits.joined()
    }

    private static func logProbability(_ candidate: Completion.ScoredToken.Candidate) -> JSONValue {
        .number(max(least, Double(candidate.logProbability)))
    }
}
