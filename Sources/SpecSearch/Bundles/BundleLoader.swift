internal import CacheTree
internal import Compute
internal import Decoding
internal import Tokenization
internal import Transformer

/// Loads a bundle's models on the compute thread, so that reading gigabytes holds up nobody else.
actor BundleLoader {
    private let bundle: ModelBundle
    private nonisolated let thread: ComputeThread
    private let limits: Scheduler.Limits

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ bundle: ModelBundle, thread: ComputeThread, limits: Scheduler.Limits) {
        self.bundle = bundle
        self.thread = thread
        self.limits = limits
    }

    /// Loads everything that the bundle names; `scorer` takes the place of its reward model.
    func load(
        scorer: (any ThoughtScorer)?, progress: @Sendable (Double) -> Void
    ) throws(ReasonerError) -> ReasonerModels {
        let folders = [bundle.target, bundle.draft, scorer == nil ? bundle.reward : nil].compactMap { $0 }
        let budget = CacheBudget(bytes: limits.cacheBytes)
        var done = 0
        func model(_ folder: String, outputTokens: [Int32]? = nil) throws(ReasonerError) -> LanguageModel {
            defer { done += 1 }
            do {
                return try LanguageModel(
                    contentsOf: folder, threads: thread.arithmetic.team.count, outputTokens: outputTokens
                ) { share in progress((Double(done) + share) / Double(folders.count)) }
            } catch { throw .model(error) }
        }
        let target = try model(bundle.target)
        let tokenizer = try tokenizer(bundle.target)
        let prompts = try PromptEncoder(bundle.format, folder: bundle.target, tokenizer: tokenizer)
        var draft: LanguageModel?
        if let folder = bundle.draft {
            draft = try model(folder)
            if let difference = tokenizer.firstDifference(from: try self.tokenizer(folder)) {
                throw .differentVocabularies(difference)
            }
        }
        var scorer: (any ThoughtScorer)? = scorer.map { CallersScorer(scorer: $0) }
        if scorer == nil, let folder = bundle.reward {
            let tokenizer = try self.tokenizer(folder)
            let verdict = try bundle.verdictTokens.map { verdict throws(ReasonerError) in
                try [verdict.bad, verdict.good].map { text throws(ReasonerError) in
                    guard let token = tokenizer.token(for: text) else { throw .unknownRewardToken(text) }
                    return token
                }
            }
            guard let format = bundle.rewardFormat else { throw .unknownRewardToken("") }
            scorer = try StepRewardModel(
                try model(folder, outputTokens: verdict),
                prompts: PromptEncoder(format.prompt ?? bundle.format, folder: folder, tokenizer: tokenizer),
                format: format, thread: thread, limits: limits, budget: budget)
        }
        do {
            return ReasonerModels(
                scheduler: try Scheduler(
                    target: target, draft: draft, tokenizer: tokenizer, thread: thread, limits: limits,
                    budget: budget),
                prompts: prompts, format: bundle.format,
                endTokens: Set(target.configuration.endTokens + prompts.endTokens), hasDraft: draft != nil,
                scorer: scorer, suggestedSampling: target.configuration.suggestedSampling)
        } catch { throw .generation(error) }
    }

    private func tokenizer(_ folder: String) throws(ReasonerError) -> Tokenizer {
        do { return try Tokenizer(contentsOf: folder) } catch { throw .tokenizer(error) }
    }
}
