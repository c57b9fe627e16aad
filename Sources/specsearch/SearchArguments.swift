import ArgumentParser
import ChatTemplates
import Decoding
import SpecSearch

/// The options of `solve` and `evaluate`: which models, and how large a search.
struct SearchArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("A folder with models that reason together and their bundle.json.", valueName: "dir"),
        completion: .directory)
    var bundle = "Weights/qwen"

    @Option(
        help: ArgumentHelp("A target model in place of the bundle's.", valueName: "dir"), completion: .directory)
    var target: String?

    @Option(
        help: ArgumentHelp("A draft model in place of the bundle's.", valueName: "dir"), completion: .directory)
    var draft: String?

    @Option(
        help: ArgumentHelp("A reward model in place of the bundle's.", valueName: "dir"), completion: .directory)
    var reward: String?

    @Option(help: "\(ChatTemplateChoice.help) By default what the bundle says.")
    var chatTemplate: ChatTemplateChoice?

    @Option(help: "Thoughts that continue each path (N).")
    var width: Int?

    @Option(help: "Paths that live at a time (b).")
    var beams: Int?

    @Option(help: "Thoughts that a path has at most (K).")
    var depth: Int?

    @Option(help: "Weight of the past in the moving threshold of the policy paper (θ), 0 to 1.")
    var theta: Double?

    @Option(help: "Tokens that a thought has at most.")
    var thoughtTokens: Int?

    @Option(help: "End with the best path so far when both models have written so many tokens.")
    var tokenBudget: Int?

    @Option(help: ArgumentHelp("\(DraftLength.help) It never changes the outcome.", valueName: "count"))
    var draftTokens = DraftLength(nil)

    @Option(
        help: ArgumentHelp(
            "Who proposes them: model (the draft), ngrams (texts that began alike), or model,ngrams.",
            valueName: "kinds"))
    var drafters = DrafterList([.model])

    @OptionGroup(title: "Sampling")
    var sampling: SamplingArguments

    @OptionGroup(title: "Computing")
    var computing: ComputeArguments

    /// Loads the bundle, showing progress to a person who looks.
    func loadReasoner(_ trace: Trace? = nil) async throws(ReasonerError) -> Reasoner {
        let progress = ProgressLine("loading \(bundle)")
        defer { progress.clear() }
        var configuration = computing.configuration
        configuration.trace = trace
        configuration.passCosts = .ofUser
        return try await Reasoner(models(), configuration: configuration) { progress.show($0) }
    }

    /// The bundle, with the models that were given in place of its own.
    private func models() throws(ReasonerError) -> ModelBundle {
        var models: ModelBundle
        do { models = try ModelBundle(folder: bundle) } catch { throw .bundle(error) }
        if let target { models.target = target }
        if let draft { models.draft = draft }
        if let reward { models.reward = reward }
        if let chatTemplate { models.format.chat.template = chatTemplate }
        return models
    }

    /// The options of one search, with the bundle's in place of what was not given.
    func options(_ policy: SpeculationPolicy, _ reasoner: Reasoner) throws -> SearchOptions {
        let usual = reasoner.defaults.parameters
        return SearchOptions(
            policy: policy,
            parameters: try SearchParameters(
                width: width ?? usual.width, beams: beams ?? usual.beams, depth: depth ?? usual.depth,
                theta: theta ?? usual.theta, thoughtTokens: thoughtTokens ?? usual.thoughtTokens,
                tokenBudget: tokenBudget ?? usual.tokenBudget),
            sampling: try sampling.parameters(usual: reasoner.defaults.sampling), draftLength: draftTokens.tokens,
            drafters: drafters.drafters)
    }
}
