internal import CacheTree
public import ChatTemplates
public import JSON
internal import Tokenization

/// A conversation with a chat model, turn by turn.
///
///     let session = try ChatSession(scheduler: scheduler, configuration: .init(format: format, endTokens: ends))
///     print(try await session.respond(to: "How many roads?").text)
///
/// Each turn asks as if the whole conversation were new, so an answer depends on nothing but what was said; but the
/// scheduler still knows what was read and written before, so only the new turn is computed. Sessions of one scheduler share
/// its passes, and what they have in common, such as a system message.
public actor ChatSession {
    /// How a session asks, and when an answer ends.
    public struct Configuration: Sendable {
        /// How the model wants a conversation written.
        public var format: ChatFormat
        /// What else the model's template asks for, such as `enable_thinking` (Qwen3).
        public var options: JSONObject
        /// The day that the template may tell the model.
        public var date: TemplateDate?
        /// How tokens are chosen.
        public var sampling: SamplingParameters
        /// Tokens that end an answer; the format's own end of a turn is added.
        public var endTokens: Set<Int32>
        /// The most tokens of an answer.
        public var maxTokens: Int
        /// Who proposes tokens; nobody if empty.
        public var drafters: Set<Drafter>

        /// - Parameters: the values of the properties, in their order.
        public init(
            format: ChatFormat, options: JSONObject = JSONObject(), date: TemplateDate? = nil,
            sampling: SamplingParameters = .greedy, endTokens: Set<Int32>, maxTokens: Int = 1024,
            drafters: Set<Drafter> = []
        ) {
            self.format = format
            self.options = options
            self.date = date
            self.sampling = sampling
            self.endTokens = endTokens.union([format.endOfTurn].compactMap { $0 })
            self.maxTokens = maxTokens
            self.drafters = drafters
        }
    }

    /// What the model said.
    public struct Reply: Sendable {
        /// The answer.
        public let text: String
        /// Its tokens, the one that ended it included.
        public let tokens: [Int32]
        /// Why it ended.
        public let end: GenerationEnd
        /// What it took.
        public let counters: DecodingCounters
    }

    /// Tokens after which the next piece of a streamed answer is shown.
    private static let tokensPerPiece = 4

    /// How the session asks.
    public nonisolated let configuration: Configuration
    /// The turns so far, first to last.
    public private(set) var messages: [ChatMessage]
    private let scheduler: Scheduler
    private let tokenizer: Tokenizer
    /// The end of what was read and written last; held.
    private var node: NodeID?
    private var isAnswering = false

    /// A session runs where its scheduler computes.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { scheduler.unownedExecutor }

    /// Begins a conversation.
    ///
    /// - Parameters:
    ///   - scheduler: who computes; others may use it at the same time.
    ///   - messages: turns that were said before, such as a system message.
    /// - Throws: `ChatSessionError.decoding` if the scheduler has no tokenizer.
    public init(
        scheduler: Scheduler, configuration: Configuration, messages: [ChatMessage] = []
    ) throws(ChatSessionError) {
        try self.init(scheduler: scheduler, configuration: configuration, messages: messages, node: nil)
    }

    private init(
        scheduler: Scheduler, configuration: Configuration, messages: [ChatMessage], node: NodeID?
    ) throws(ChatSessionError) {
        guard let tokenizer = scheduler.tokenizer else { throw .decoding(.noTokenizer) }
        self.scheduler = scheduler
        self.configuration = configuration
        self.messages = messages
        self.tokenizer = tokenizer
        self.node = node
    }

    deinit {
        guard let node else { return }
        Task { [scheduler] in await scheduler.release([node]) }
    }

    // MARK: Answering

    /// Says something, and returns what the model answers.
    ///
    /// - Throws: `ChatSessionError`; then the conversation is as it was.
    public func respond(to text: String) async throws(ChatSessionError) -> Reply {
        try await answer(text, piecesOf: configuration.maxTokens) { _ in }
    }

    /// Says something, and gives the answer's text while it grows.
    ///
    /// The conversation has the new turns when the stream has ended. Whoever stops reading cancels the answer, and the
    /// conversation is as it was; so it is if the stream throws `ChatSessionError`.
    public nonisolated func streamResponse(to text: String) -> AsyncThrowingStream<String, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    _ = try await self.answer(text, piecesOf: Self.tokensPerPiece) { continuation.yield($0) }
                    continuation.finish()
                } catch { continuation.finish(throwing: error) }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func answer(
        _ text: String, piecesOf count: Int, show: @Sendable (String) -> Void
    ) async throws(ChatSessionError) -> Reply {
        guard !isAnswering else { throw .busy }
        isAnswering = true
        defer { isAnswering = false }
        let asked = messages + [ChatMessage(role: "user", content: text)]
        let prompt: [PromptPart]
        do {
            prompt = try configuration.format.prompt(
                asked, options: configuration.options, date: configuration.date)
        } catch { throw .template(error) }
        do {
            let start = try await scheduler.open(tokenizer.encode(prompt, addsPrefix: false))
            let (reply, end) = try await generate(from: start, piecesOf: count, show: show)
            await scheduler.release([start] + [node].compactMap { $0 })
            node = end
            messages = asked + [ChatMessage(role: "assistant", content: reply.text)]
            return reply
        } catch { throw .decoding(error) }
    }

    /// Lets the model write, and gives the end of the path, held.
    private func generate(
        from start: NodeID, piecesOf count: Int, show: (String) -> Void
    ) async throws(DecodingError) -> (Reply, NodeID) {
        let request = GenerationRequest(
            start: start, draftLength: configuration.drafters.isEmpty ? 0 : nil, drafters: configuration.drafters,
            sampling: configuration.sampling,
            stop: StopRule(endTokens: configuration.endTokens, maxTokens: configuration.maxTokens))
        var stream = TextStream(tokenizer, skipsSpecialTokens: true)
        var (text, counters) = ("", DecodingCounters())
        func add(_ piece: String) {
            text += piece
            if !piece.isEmpty { show(piece) }
        }
        do {
            let generated = try await scheduler.generate(request, piecesOf: count) { piece, taken in
                counters += taken
                add(piece.tokens.map { stream.append($0) }.joined())
                return true
            }
            add(stream.finish())
            return (Reply(text: text, tokens: generated.tokens, end: generated.end, counters: counters), generated.node)
        } catch {
            await scheduler.release([start])
            throw error
        }
    }

    // MARK: Keeping

    /// A second session with the same past; nothing is copied.
    ///
    /// - Throws: `ChatSessionError.decoding` if the scheduler has no tokenizer, without which this session would not be
    ///   either.
    public func fork() async throws(ChatSessionError) -> ChatSession {
        if let node { await scheduler.hold([node]) }
        return try ChatSession(scheduler: scheduler, configuration: configuration, messages: messages, node: node)
    }

    /// Writes the conversation into a file, with the keys and values of all that was read and written.
    ///
    /// - Throws: `ChatSessionError.decoding` if the file cannot be written, `.busy` during an answer.
    public func save(to path: String) async throws(ChatSessionError) {
        guard !isAnswering else { throw .busy }
        let turns = JSONValue.array(
            messages.map { ["role": .string($0.role), "content": .string($0.content)] })
        do {
            try await scheduler.save([node].compactMap { $0 }, to: path, note: turns.serialized())
        } catch { throw .decoding(error) }
    }

    /// Takes up a conversation that was saved by the same models, computing in the same way.
    ///
    /// - Throws: `ChatSessionError.decoding` for a file that others made or that is damaged, `.noConversation` for one without
    ///   turns.
    public init(
        contentsOf path: String, scheduler: Scheduler, configuration: Configuration
    ) async throws(ChatSessionError) {
        let restored: (nodes: [NodeID], note: String)
        do { restored = try await scheduler.restore(from: path) } catch { throw .decoding(error) }
        guard let messages = ChatSession.messages(restored.note), restored.nodes.count <= 1 else {
            await scheduler.release(restored.nodes)
            throw .noConversation(path: path)
        }
        try self.init(
            scheduler: scheduler, configuration: configuration, messages: messages, node: restored.nodes.first)
    }

    private static func messages(_ note: String) -> [ChatMessage]? {
        guard let turns = (try? JSONValue(parsing: note))?.array else { return nil }
        let messages = turns.compactMap { turn in
            turn["role"]?.string.flatMap { role in
                turn["content"]?.string.map { ChatMessage(role: role, content: $0) }
            }
        }
        return messages.count == turns.count ? messages : nil
    }
}
