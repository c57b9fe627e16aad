import CacheTree
import ChatTemplates
import Decoding
import Tokenization

/// The texts of one request on their way. Its prompts are in the tree of tokens until the last reference to it goes.
final class Completion: Sendable {
    /// A token with its probability, and with those that were as probable or more.
    struct ScoredToken: Sendable {
        /// A token's bytes and the natural logarithm of its probability.
        struct Candidate: Sendable {
            let bytes: [UInt8]
            let logProbability: Float
        }

        let token: Candidate
        let alternatives: [Candidate]
        /// Characters of the text before it.
        let offset: Int
    }

    /// What a text grew by.
    struct Piece: Sendable {
        /// Which text: those of the first prompt come first.
        let choice: Int
        var text = ""
        var tokens: [ScoredToken] = []
        /// Why it ended, if it has, in OpenAI's words.
        var finish: String?
    }

    /// Tokens of a piece: few enough to be read as they come.
    private static let streamedPiece = 4
    /// The same where nobody reads before the end, but the text may end at a string.
    private static let wholePiece = 16

    let request: CompletionRequest
    private let model: ServedModel
    private let starts: [NodeID]
    /// Tokens of all prompts.
    let promptTokens: Int
    private let maxTokens: Int

    /// Opens the prompts.
    ///
    /// - Throws: `ServerError` for a prompt that the model cannot read, or if everything together could grow too large.
    init(_ request: CompletionRequest, _ model: ServedModel, _ limits: ServerLimits) async throws(ServerError) {
        var prompts: [[Int32]] = []
        for prompt in request.prompts { prompts.append(try Self.tokens(of: prompt, model)) }
        promptTokens = prompts.reduce(0) { $0 + $1.count }
        let most = request.maxTokens ?? limits.tokens
        let texts = prompts.count * request.choices
        guard promptTokens + texts * most <= limits.heldTokens || request.maxTokens == nil else {
            throw .invalid(
                "\(promptTokens) tokens of prompts and \(texts) texts of \(most) are more than the \(limits.heldTokens) tokens "
                    + "that a request may hold. Lower n or max_tokens.", parameter: "max_tokens")
        }
        guard promptTokens < limits.heldTokens else {
            throw .invalid("The prompts have \(promptTokens) tokens, expected fewer than \(limits.heldTokens).")
        }
        // Alternatives take many times the memory of a token.
        let scored = 4 * limits.heldTokens / (texts * (1 + (request.alternatives ?? 0)))
        guard most <= scored || request.maxTokens == nil else {
            throw .invalid(
                "\(texts) texts of \(most) tokens with \(request.alternatives ?? 0) alternatives each are too many. Lower n, "
                    + "max_tokens or the alternatives.", parameter: "top_logprobs")
        }
        maxTokens = min(most, scored, max(1, (limits.heldTokens - promptTokens) / texts))
        self.request = request
        self.model = model
        var starts: [NodeID] = []
        do {
            for prompt in prompts { starts.append(try await model.scheduler.open(prompt)) }
        } catch {
            await model.scheduler.release(starts)
            throw ServerError(error)
        }
        self.starts = starts
    }

    deinit {
        Task { [scheduler = model.scheduler, starts] in await scheduler.release(starts) }
    }

    private static func tokens(
        of prompt: CompletionRequest.Prompt, _ model: ServedModel
    ) throws(ServerError) -> [Int32] {
        switch prompt {
        case .tokens(let ids): return ids
        case .text(let text): return model.tokenizer.encode(text)
        case .messages(let messages):
            guard let chat = model.chat else {
                throw .invalid(
                    "The model has no chat template. Ask /v1/completions, or start the server with --chat-template.",
                    parameter: "messages")
            }
            do { return model.tokenizer.encode(try chat.prompt(messages), addsPrefix: false) } catch {
                throw .invalid("\(error)", parameter: "messages")
            }
        }
    }

    /// Writes all texts at once.
    ///
    /// - Parameter show: gets the pieces of all texts as they come, those of one in their order.
    /// - Returns: how many tokens were written.
    /// - Throws: `DecodingError`, for a cancelled task too.
    func run(_ show: @escaping @Sendable (Piece) -> Void) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for choice in 0..<starts.count * request.choices {
                group.addTask { try await self.write(choice, show) }
            }
            return try await group.reduce(0, +)
        }
    }

    /// Writes one text; how many tokens it took.
    private func write(_ choice: Int, _ show: @escaping @Sendable (Piece) -> Void) async throws(DecodingError) -> Int {
        let slot = choice % request.choices
        let generation = GenerationRequest(
            start: starts[choice / request.choices], draftLength: model.drafters.isEmpty ? 0 : nil,
            drafters: model.drafters, sampling: request.sampling,
            branch: slot == 0 ? .root : BranchKey.root.child(slot: slot, origin: .target),
            stop: StopRule(endTokens: model.endTokens, maxTokens: maxTokens),
            mostProbable: request.alternatives ?? 0)
        var text = GrowingChoice(choice, request, model.tokenizer)
        let isCut = request.isStreamed || !request.stops.isEmpty
        let pieceTokens = request.isStreamed ? Self.streamedPiece : isCut ? Self.wholePiece : maxTokens
        let generated = try await model.scheduler.generate(generation, piecesOf: pieceTokens) { piece, _ in
            let grown = text.append(piece)
            if !grown.text.isEmpty || !grown.tokens.isEmpty { show(grown) }
            return !text.isComplete
        }
        await model.scheduler.release([generated.node])
        show(text.finish(generated.end))
        return text.tokens
    }
}

/// One text of a completion as it grows.
private struct GrowingChoice {
    private let number: Int
    private let alternatives: Int?
    private let tokenizer: Tokenizer
    private var stream: TextStream
    private var stops: StopStrings
    private var offset = 0
    /// Tokens of the text, up to the one that completed a stop string.
    private(set) var tokens = 0

    init(_ number: Int, _ request: CompletionRequest, _ tokenizer: Tokenizer) {
        self.number = number
        self.tokenizer = tokenizer
        alternatives = request.alternatives
        stream = TextStream(tokenizer, skipsSpecialTokens: true, continuesText: !request.isChat)
        stops = StopStrings(request.stops)
    }

    /// Whether a stop string came.
    var isComplete: Bool { stops.isComplete }

    mutating func append(_ generated: Generated) -> Completion.Piece {
        var piece = Completion.Piece(choice: number)
        for (index, token) in generated.tokens.enumerated() where !isComplete {
            let text = stream.append(token)
            tokens += 1
            if alternatives != nil, !tokenizer.isSpecial(token) { piece.tokens.append(scored(index, of: generated)) }
            offset += text.unicodeScalars.count
            piece.text += stops.append(text)
        }
        return piece
    }

    mutating func finish(_ end: GenerationEnd) -> Completion.Piece {
        var piece = Completion.Piece(choice: number)
        if !isComplete { piece.text = stops.append(stream.finish()) }
        piece.text += stops.finish()
        piece.finish = isComplete || end != .length ? "stop" : "length"
        return piece
    }

    private func scored(_ index: Int, of generated: Generated) -> Completion.ScoredToken {
        func candidate(_ token: Int32, _ logProbability: Float) -> Completion.ScoredToken.Candidate {
            .init(bytes: Array(tokenizer.bytes(of: token)), logProbability: logProbability)
        }
        let best = generated.mostProbable.isEmpty ? [] : generated.mostProbable[index]
        return Completion.ScoredToken(
            token: candidate(generated.tokens[index], generated.logProbabilities[index]),
            alternatives: best.map { candidate(Int32($0.token), $0.logProbability) }, offset: offset)
    }
}
