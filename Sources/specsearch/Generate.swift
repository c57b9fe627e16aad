import ArgumentParser
import CacheTree
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
            for token.

            Examples:
              specsearch generate --model Weights/qwen/target --prompt "Q: Reach 24 from 4 6 7 8."
              specsearch generate --model Weights/qwen/target --draft Weights/qwen/draft --tokens 51,28 --json
            """)

    @Option(help: ArgumentHelp("A Hugging Face folder.", valueName: "dir"), completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp("A smaller model with the same vocabulary, which proposes tokens.", valueName: "dir"),
        completion: .directory)
    var draft: String?

    @Option(help: "The text to continue.")
    var prompt: String?

    @Option(help: ArgumentHelp("Token ids to continue instead, separated by commas.", valueName: "ids"))
    var tokens: TokenList?

    @Option(help: "The most tokens to generate.")
    var maxTokens = 128

    @Option(help: "Tokens that the draft proposes per pass, 0 to \(Scheduler.longestDraft).")
    var draftTokens = SearchOptions.usualDraftLength

    @Flag(help: "Write one JSON object to standard output when all is generated.")
    var json = false

    @OptionGroup(title: "Sampling")
    var sampling: SamplingArguments

    @OptionGroup(title: "Computing")
    var computing: ComputeArguments

    func validate() throws {
        guard (prompt == nil) != (tokens == nil) else { throw ValidationError("Give either --prompt or --tokens.") }
        guard maxTokens >= 1 else { throw ValidationError("--max-tokens is \(maxTokens), expected 1 or more.") }
        guard (0...Scheduler.longestDraft).contains(draftTokens) else {
            throw ValidationError("--draft-tokens is \(draftTokens), expected 0 to \(Scheduler.longestDraft).")
        }
    }

    func run() async throws {
        computing.warn()
        let target = try LanguageModel(contentsOf: model, threads: computing.threads)
        let small = try draft.map { try LanguageModel(contentsOf: $0, threads: computing.threads) }
        let tokenizer = try loadTokenizer()
        let scheduler = try Scheduler(
            target: target, draft: small, tokenizer: tokenizer, thread: computing.thread,
            limits: computing.configuration.limits)
        let ids = tokens?.ids ?? tokenizer?.encode(prompt ?? "") ?? []
        let clock = ContinuousClock()
        let start = clock.now
        let continuation = try await continuation(of: ids, scheduler, target)
        let seconds = (clock.now - start).seconds
        if json {
            let text = tokenizer?.decode(continuation.tokens, skipsSpecialTokens: true)
            Terminal.standardOutput.write(continuation.json(text: text, seconds: seconds).serialized() + "\n")
        }
    }

    /// The models' tokenizer; ids can be continued without one.
    private func loadTokenizer() throws -> Tokenizer? {
        let tokenizer: Tokenizer
        do { tokenizer = try Tokenizer(contentsOf: model) } catch {
            if case .unreadable(_, .missing) = error, tokens != nil { return nil }
            throw error
        }
        if let draft, let difference = tokenizer.firstDifference(from: try Tokenizer(contentsOf: draft)) {
            throw ReasonerError.differentVocabularies(difference)
        }
        return tokenizer
    }

    /// Generates a few tokens at a time, so that text appears while it grows: every choice is a function of its position,
    /// so the cuts change nothing.
    private func continuation(
        of prompt: [Int32], _ scheduler: Scheduler, _ target: LanguageModel
    ) async throws -> Continuation {
        var stream = scheduler.tokenizer.map { TextStream($0, skipsSpecialTokens: true) }
        var continuation = Continuation()
        let parameters = try sampling.parameters(usual: .greedy)
        var node = try await scheduler.open(prompt)
        while continuation.end == nil {
            let count = min(json ? maxTokens : 8, maxTokens - continuation.tokens.count)
            let request = GenerationRequest(
                start: node, draftLength: draft == nil ? 0 : draftTokens, sampling: parameters,
                stop: StopRule(endTokens: Set(target.configuration.endTokens), maxTokens: count))
            let result = try await scheduler.generate([request])
            await scheduler.release([node])
            node = result.generated[0].node
            continuation.append(result, maxTokens: maxTokens)
            guard !json else { continue }
            let text = result.generated[0].tokens.map { stream?.append($0) ?? "\($0) " }.joined()
            Terminal.standardOutput.write(text)
        }
        if !json { Terminal.standardOutput.write((stream?.finish() ?? "") + "\n") }
        return continuation
    }
}

/// What has been generated so far.
private struct Continuation {
    private(set) var tokens: [Int32] = []
    private(set) var end: GenerationEnd?
    private var counters = Counters()

    mutating func append(_ result: GenerationResult, maxTokens: Int) {
        let generated = result.generated[0]
        tokens += generated.tokens
        counters += Counters(result.counters)
        if generated.end != .length || tokens.count >= maxTokens || generated.tokens.isEmpty { end = generated.end }
    }

    func json(text: String?, seconds: Double) -> JSONValue {
        [
            "tokens": .array(tokens.map { .integer(Int($0)) }),
            "text": text.map { .string($0) } ?? .null,
            "stop": .string(end?.rawValue ?? ""),
            "counters": counters.json,
            "seconds": .number(seconds),
        ]
    }
}
