import ArgumentParser
import CacheTree
import ChatTemplates
import Decoding
import Files
import JSON
import SpecSearch
import Tokenization
import Transformer

/// `specsearch generate`: text from one model, with or without a draft.
struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Continues a text with one model.",
        discussion: """
            With --draft, the small model proposes tokens and the large one confirms them: the text is the same, token \
            for token. --drafters ngrams proposes what followed the same tokens before, without a second model.

            Examples:
              specsearch generate --model Weights/qwen/target --prompt "Q: Reach 24 from 4 6 7 8."
              specsearch generate --model Weights/qwen/target --draft Weights/qwen/draft --tokens 51,28 --json
              specsearch generate --model Qwen3-0.6B --system "Answer briefly." --prompt "How many roads?"
            """)

    @Option(help: ArgumentHelp("A Hugging Face folder.", valueName: "dir"), completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp("A smaller model with the same vocabulary, which proposes tokens.", valueName: "dir"),
        completion: .directory)
    var draft: String?

    @Option(help: "The text to continue; for a chat model, what the user says.")
    var prompt: String?

    @Option(help: ArgumentHelp("Token ids to continue instead, separated by commas.", valueName: "ids"))
    var tokens: NumberList?

    @Option(help: "\(ChatTemplateChoice.help) By default the model's own, or raw if it has none.")
    var chatTemplate: ChatTemplateChoice?

    @Option(help: "What a system message says before the user's.")
    var system: String?

    @Option(help: "The day that the template tells the model, such as 2026-11-21.")
    var date: TemplateDate?

    @Option(help: "The most tokens to generate.")
    var maxTokens = 128

    @Option(help: ArgumentHelp("\(DraftLength.help) By default auto.", valueName: "count"))
    var draftTokens: DraftLength?

    @Option(
        help: ArgumentHelp(
            """
            Who proposes them: model (--draft), ngrams (the text itself), or model,ngrams. By default the model if there \
            is one.
            """, valueName: "kinds"))
    var drafters: DrafterList?

    @Option(
        help: ArgumentHelp(
            """
            How proposals are judged: invariant, under which they change nothing, or ratio, which accepts more of them and \
            keeps the distribution, but not the text. By default invariant.
            """, valueName: "rule"))
    var acceptance: TokenAcceptance?

    @Flag(help: "Write one JSON object to standard output when all is generated.")
    var json = false

    @OptionGroup(title: "Sampling")
    var sampling: SamplingArguments

    @OptionGroup(title: "Computing")
    var computing: ComputeArguments

    @OptionGroup(title: "Output")
    var recording: TraceArguments

    func validate() throws {
        guard (prompt == nil) != (tokens == nil) else { throw ValidationError("Give either --prompt or --tokens.") }
        guard tokens == nil || (chatTemplate == nil && system == nil && date == nil) else {
            throw ValidationError("--tokens continues ids as they are, without --chat-template, --system or --date.")
        }
        guard maxTokens >= 1 else { throw ValidationError("--max-tokens is \(maxTokens), expected 1 or more.") }
        guard draft != nil || drafters?.drafters.contains(.model) != true else {
            throw ValidationError("--drafters model needs a model: give one with --draft DIR.")
        }
        guard draft == nil || proposers.contains(.model) else {
            throw ValidationError("--drafters ngrams leaves --draft nothing to do: leave out one of them.")
        }
        guard !proposers.isEmpty || (draftTokens == nil && acceptance == nil) else {
            throw ValidationError("--draft-tokens and --acceptance need --draft DIR or --drafters ngrams.")
        }
        guard acceptance != .ratio || draftTokens?.tokens != nil else {
            throw ValidationError(
                "Under --acceptance ratio the text depends on how many tokens are proposed: give --draft-tokens a number."
            )
        }
    }

    func run() async throws {
        computing.warn()
        let trace = try recording.start()
        let models = try ModelPair(model, draft: draft, threads: computing.threads)
        let tokenizer = try tokenizer(of: models)
        let scheduler = try await models.scheduler(
            tokenizer, computing, trace: trace?.trace, calibrates: draftTokens?.tokens == nil && !proposers.isEmpty)
        let chat = try tokenizer.flatMap { try loadChatFormat($0) }
        let ids = try tokens?.numbers ?? tokenizer.map { try promptTokens($0, chat) } ?? []
        let clock = ContinuousClock()
        let start = clock.now
        let configuration = models.target.configuration
        let endTokens = Set(configuration.endTokens + [chat?.endOfTurn].compactMap { $0 })
        let usual = try configuration.suggestedSampling.map { try SamplingParameters($0) } ?? .greedy
        let stream = tokenizer.map { TextStream($0, skipsSpecialTokens: true, continuesText: chat == nil) }
        let continuation = try await continuation(
            of: ids, scheduler, sampling: sampling.parameters(usual: usual), endTokens: endTokens, stream: stream)
        let seconds = (clock.now - start).seconds
        if json {
            let text = stream.map { stream in
                var stream = stream
                return continuation.generated.tokens.map { stream.append($0) }.joined() + stream.finish()
            }
            Terminal.standardOutput.write(continuation.json(text: text, seconds: seconds).serialized() + "\n")
        }
        try trace?.write()
    }

    /// Who proposes tokens.
    private var proposers: Set<Drafter> { drafters?.drafters ?? (draft == nil ? [] : [.model]) }

    /// The models' tokenizer; ids can be continued without one.
    private func tokenizer(of models: ModelPair) throws -> Tokenizer? {
        tokens == nil || models.hasTokenizer ? try models.tokenizer() : nil
    }

    /// How the model wants a conversation written; nil if the prompt is a text to continue.
    private func loadChatFormat(_ tokenizer: Tokenizer) throws -> ChatFormat? {
        guard tokens == nil else { return nil }
        let chat: ChatFormat?
        if let chatTemplate {
            chat = try ChatFormat(chatTemplate, folder: model, tokenizer: tokenizer)
        } else {
            chat = try ChatFormat(folder: model)
        }
        if system != nil || date != nil, chat == nil {
            throw ValidationError(
                "--system and --date need a chat template, and the model has none: give --chat-template.")
        }
        return chat
    }

    private func promptTokens(_ tokenizer: Tokenizer, _ chat: ChatFormat?) throws -> [Int32] {
        let text = prompt ?? ""
        guard let chat else { return tokenizer.encode(text) }
        let opening = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
        let messages = opening + [ChatMessage(role: "user", content: text)]
        return tokenizer.encode(try chat.prompt(messages, date: date), addsPrefix: false)
    }

    /// Generates a few tokens at a time, so that text appears while it grows: every choice is a function of its position, so
    /// the cuts change nothing. Under ratio acceptance it depends on the proposals, which would end at each cut.
    private func continuation(
        of prompt: [Int32], _ scheduler: Scheduler, sampling: SamplingParameters, endTokens: Set<Int32>,
        stream: TextStream?
    ) async throws -> Continuation {
        var (stream, counters) = (stream, Counters())
        let request = GenerationRequest(
            start: try await scheduler.open(prompt), draftLength: proposers.isEmpty ? 0 : draftTokens?.tokens,
            drafters: proposers, acceptance: acceptance ?? .invariant, sampling: sampling,
            stop: StopRule(endTokens: endTokens, maxTokens: maxTokens))
        let generated = try await scheduler.generate(
            request, piecesOf: json || acceptance == .ratio ? maxTokens : 8
        ) { piece, taken in
            counters += Counters(taken)
            if !json {
                Terminal.standardOutput.write(said: piece.tokens.map { stream?.append($0) ?? "\($0) " }.joined())
            }
            return true
        }
        if !json { Terminal.standardOutput.write(said: (stream?.finish() ?? "") + "\n") }
        return Continuation(generated: generated, counters: counters)
    }
}

/// What has been generated, and what it took.
private struct Continuation {
    let generated: Generated
    let counters: Counters

    func json(text: String?, seconds: Double) -> JSONValue {
        [
            "tokens": .array(generated.tokens.map { .integer(Int($0)) }),
            "text": text.map { .string($0) } ?? .null,
            "stop": .string(generated.end.rawValue),
            "counters": counters.json,
            "seconds": .number(seconds),
        ]
    }
}
