import ArgumentParser
import ChatTemplates
import Decoding
import SpecSearch
import Tokenization
import Transformer

/// `specsearch chat`: a conversation with one model.
struct Chat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Talks with a chat model.",
        discussion: """
            Each line that you write is a turn; each answer computes only what is new. Lines that begin with a slash are \
            commands:

            \(ChatCommand.list)

            Keys and values of all turns and branches lie in one tree, so going back or to another branch costs nothing. \
            A saved conversation goes on with the same models, kernels and modes.

            Examples:
              specsearch chat --model Qwen3-0.6B
              specsearch chat --model Qwen2.5-1.5B-Instruct --draft Qwen2.5-0.5B-Instruct --system "Answer briefly."
              specsearch chat --model Qwen3-0.6B --resume talk.safetensors
            """)

    @Option(help: ArgumentHelp("A Hugging Face folder.", valueName: "dir"), completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp("A smaller model with the same vocabulary, which proposes tokens.", valueName: "dir"),
        completion: .directory)
    var draft: String?

    @Option(help: "\(ChatTemplateChoice.help) By default the model's own.")
    var chatTemplate = ChatTemplateChoice.model

    @Option(help: "What a system message says before the first turn.")
    var system: String?

    @Option(help: "The day that the template tells the model, such as 2026-11-21.")
    var date: TemplateDate?

    @Option(help: "The most tokens of an answer.")
    var maxTokens = 1024

    @Option(
        help: ArgumentHelp("Go on with a conversation that /save wrote.", valueName: "file"), completion: .file())
    var resume: String?

    @OptionGroup(title: "Sampling")
    var sampling: SamplingArguments

    @OptionGroup(title: "Computing")
    var computing: ComputeArguments

    func validate() throws {
        guard maxTokens >= 1 else { throw ValidationError("--max-tokens is \(maxTokens), expected 1 or more.") }
        guard chatTemplate != .raw else {
            throw ValidationError("A conversation needs a chat template: leave out --chat-template raw.")
        }
        guard resume == nil || system == nil else {
            throw ValidationError("A saved conversation has its beginning: leave out --system or --resume.")
        }
    }

    func run() async throws {
        computing.warn()
        let models = try ModelPair(model, draft: draft, threads: computing.threads)
        let tokenizer = try models.tokenizer()
        let scheduler = try await models.scheduler(tokenizer, computing, calibrates: draft != nil)
        var conversation = try await Conversation(begin(scheduler, models.target, tokenizer))
        try await conversation.run(
            isInteractive: Terminal.standardInput.isInteractive && Terminal.standardError.isInteractive)
    }

    private func begin(
        _ scheduler: Scheduler, _ target: LanguageModel, _ tokenizer: Tokenizer
    ) async throws -> ChatSession {
        guard let format = try ChatFormat(chatTemplate, folder: model, tokenizer: tokenizer) else {
            throw ChatFormatError.noTemplate(folder: model)
        }
        let usual = try target.configuration.suggestedSampling.map { try SamplingParameters($0) } ?? .greedy
        let configuration = ChatSession.Configuration(
            format: format, date: date, sampling: try sampling.parameters(usual: usual),
            endTokens: Set(target.configuration.endTokens), maxTokens: maxTokens, drafters: draft == nil ? [] : [.model]
        )
        if let resume {
            return try await ChatSession(contentsOf: resume, scheduler: scheduler, configuration: configuration)
        }
        let opening = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
        return try ChatSession(scheduler: scheduler, configuration: configuration, messages: opening)
    }
}
