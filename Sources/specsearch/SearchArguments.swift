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

    @Option(
        help: ArgumentHelp(
            "How to search: beam, the best paths of every level go on; dvts, trees that do not compete; mcts, Monte Carlo "
                + "tree search; or whole solutions, of which the best one (best-of-n), the most frequent answer "
                + "(majority) or the one with the best sum of values (weighted-majority) counts."))
    var strategy = SearchStrategy.beam

    @Option(help: "Thoughts that continue each path (N), or solutions.")
    var width: Int?

    @Option(help: "Paths that live at a time, or diverse trees (b).")
    var beams: Int?

    @Option(help: "Thoughts that a path has at most (K).")
    var depth: Int?

    @Option(help: "How often mcts descends to the end of a path.")
    var iterations: Int?

    @Option(
        help:
            "What judges thoughts: the reward model, the likelihood that the target gives them, or its self-certainty.")
    var scoring = Scoring.reward

    @Option(help: "How scores of thoughts become values of paths.")
    var aggregation: Aggregation?

    @Option(
        help: ArgumentHelp(
            "How drafts are judged: by a moving maximum of scores, as in the paper, or so that the mean is kept; or, for the "
                + "paper's ablation, by a fixed β, by lot (random), or the best of them up to a share of the slots."))
    var threshold: ThresholdRule?

    @Option(help: "What fixed, random and share are set to, 0 to 1.")
    var thresholdLevel: Double?

    @Flag(help: "Let drafts compete at the first level too, once scores are known from other questions.")
    var draftFirstLevel = false

    @Option(help: "Weight of the past in the moving threshold (θ), 0 to 1.")
    var theta: Double?

    @Option(help: "Drafts for each path; by default twice the width.")
    var drafts: Int?

    @Option(help: "How probably a correction that selective skips may be among the best (ε), 0 to 1.")
    var epsilon: Double?

    @Option(help: "By how much it has to be better to count, 0 to 1.")
    var margin: Double?

    @Option(help: "Tokens that a thought has at most.")
    var thoughtTokens: Int?

    @Option(
        help: ArgumentHelp(
            "The least share of the most probable token's probability that each token of a draft must have for the target, if "
                + "selective is to keep it; 0 does not ask the target."))
    var plausibility: Double?

    @Option(help: "End with the best path so far when both models have written so many tokens.")
    var tokenBudget: Int?

    @Option(help: "The same for so many thoughts.")
    var thoughtBudget: Int?

    @Option(help: ArgumentHelp("The same after so many seconds.", valueName: "seconds"))
    var timeBudget: Double?

    @Option(help: ArgumentHelp("\(DraftLength.help) It never changes the outcome.", valueName: "count"))
    var draftTokens = DraftLength(nil)

    @Option(
        help: ArgumentHelp(
            "Who proposes them: model (the draft), ngrams (texts that began alike), or model,ngrams.",
            valueName: "kinds"))
    var drafters = DrafterList([.model])

    @Flag(help: "Let the draft model begin the next level while the target corrects one. It never changes the outcome.")
    var draftAhead = false

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
        var parameters = reasoner.defaults.parameters
        parameters.width = width ?? parameters.width
        parameters.beams = beams ?? parameters.beams
        parameters.depth = depth ?? parameters.depth
        parameters.theta = theta ?? parameters.theta
        parameters.thoughtTokens = thoughtTokens ?? parameters.thoughtTokens
        parameters.iterations = iterations ?? parameters.iterations
        parameters.aggregation = aggregation ?? parameters.aggregation
        parameters.thresholdRule = threshold ?? parameters.thresholdRule
        parameters.thresholdLevel = thresholdLevel ?? parameters.thresholdLevel
        parameters.draftsFirstLevel = draftFirstLevel || parameters.draftsFirstLevel
        parameters.draftsPerPath = drafts ?? parameters.draftsPerPath
        parameters.epsilon = epsilon ?? parameters.epsilon
        parameters.margin = margin.map { Float($0) } ?? parameters.margin
        parameters.plausibility = plausibility.map { Float($0) } ?? parameters.plausibility
        parameters.tokenBudget = tokenBudget ?? parameters.tokenBudget
        parameters.thoughtBudget = thoughtBudget ?? parameters.thoughtBudget
        if let timeBudget {
            guard timeBudget > 0, timeBudget < 1e9 else {
                throw SearchError.invalidParameter(
                    name: "timeBudget", found: "\(timeBudget)", expected: "more than 0 seconds and less than 1e9")
            }
            parameters.timeBudget = .seconds(timeBudget)
        }
        try parameters.check()
        return SearchOptions(
            strategy: strategy, policy: policy, scoring: scoring, parameters: parameters,
            sampling: try sampling.parameters(usual: reasoner.defaults.sampling), draftLength: draftTokens.tokens,
            drafters: drafters.drafters, draftsAhead: draftAhead)
    }
}
