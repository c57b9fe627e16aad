public import CacheTree
public import Compute
public import Decoding
internal import Tokenization
internal import Transformer

/// The front door: models that answer questions by searching a tree of thoughts.
///
///     let reasoner = try await Reasoner(bundle: "Weights/qwen")
///     let answer = try await reasoner.answer("Reach 24 from 4 6 7 8.")
///     print(answer.answer ?? "none", answer.text)
///
/// A reasoner is shared freely; searches that run at the same time share every forward pass.
public final class Reasoner: Sendable {
    /// How a reasoner computes.
    public struct Configuration: Sendable {
        /// Threads; by default one for each processor.
        public var threads: Int
        /// What exact numbers may be traded for; by default nothing.
        public var mode: NumericMode
        /// Rows per pass, and the KV memory of all models together.
        public var limits: Scheduler.Limits
        /// Where it is remembered how long passes of the models take, such as `PassCostCache.ofUser`; nil measures that
        /// each time a bundle with a draft is loaded.
        public var passCosts: PassCostCache?
        /// What records when passes ran; nil for nothing.
        public var trace: Trace?

        /// - Parameters: the values of the properties, in their order.
        public init(
            threads: Int = ThreadTeam.processors, mode: NumericMode = .init(), limits: Scheduler.Limits = .init(),
            passCosts: PassCostCache? = nil, trace: Trace? = nil
        ) {
            self.threads = threads
            self.mode = mode
            self.limits = limits
            self.passCosts = passCosts
            self.trace = trace
        }
    }

    /// The bundle that was loaded.
    public let bundle: ModelBundle
    /// The options of a search unless told otherwise: what the bundle says, and the policy `paper` if it has a draft. If
    /// the bundle does not say how to sample, the target's `generation_config.json` does.
    public let defaults: SearchOptions
    /// Who computes for the target and its draft: whoever else generates with it shares the passes of searches.
    public var scheduler: Scheduler { models.scheduler }
    /// Tokens that end a text of the target.
    public var endTokens: Set<Int32> { models.endTokens }
    private let models: ReasonerModels

    /// Loads a bundle.
    ///
    /// - Parameters:
    ///   - folder: a folder with a `bundle.json`.
    ///   - scorer: judges thoughts in place of the bundle's reward model.
    ///   - configuration: how to compute.
    ///   - progress: called with the share of all weights that has been read, 0 to 1.
    /// - Throws: `ReasonerError`.
    public convenience init(
        bundle folder: String, scorer: (any ThoughtScorer)? = nil, configuration: Configuration = .init(),
        progress: @Sendable (Double) -> Void = { _ in }
    ) async throws(ReasonerError) {
        let bundle: ModelBundle
        do { bundle = try ModelBundle(folder: folder) } catch { throw .bundle(error) }
        try await self.init(bundle, scorer: scorer, configuration: configuration, progress: progress)
    }

    /// Loads the models that a bundle names.
    ///
    /// - Parameters: as of `init(bundle:scorer:configuration:progress:)`, with a bundle that was read already.
    /// - Throws: `ReasonerError.model`, `.tokenizer`, `.chatFormat` or `.bundle` for what a folder holds or how it is
    ///   to be asked, `.differentVocabularies` for a draft of another family, `.notARewardModel` or
    ///   `.unknownRewardToken` for a reward model, `.generation` if the KV memory cannot be had, or sampling parameters
    ///   or a tokenizer do not fit.
    public init(
        _ bundle: ModelBundle, scorer: (any ThoughtScorer)? = nil, configuration: Configuration = .init(),
        progress: @Sendable (Double) -> Void = { _ in }
    ) async throws(ReasonerError) {
        let thread = ComputeThread(
            threads: configuration.threads, mode: configuration.mode, trace: configuration.trace)
        let loader = BundleLoader(bundle, thread: thread, limits: configuration.limits)
        models = try await loader.load(scorer: scorer, progress: progress)
        if models.hasDraft { await models.scheduler.calibrate(configuration.passCosts) }
        self.bundle = bundle
        let sampling: SamplingParameters
        do { sampling = try models.sampling(for: bundle) } catch { throw .generation(.sampling(error)) }
        defaults = SearchOptions(
            policy: bundle.draft == nil ? .plain : .paper, parameters: bundle.search, sampling: sampling)
    }

    /// What the caches of the target and its draft cost now.
    public var memory: CacheStatistics { get async { await models.scheduler.memory } }

    /// Searches for the answer of a question.
    ///
    /// The same question, options and models give the same tree of thoughts, on every run and with any number of
    /// threads.
    /// - Throws: `ReasonerError`. A search without an answer is no error: its best path is there.
    public func answer(_ question: String, options: SearchOptions? = nil) async throws(ReasonerError) -> Answer {
        var iterator = events(for: question, options: options).makeAsyncIterator()
        while try await iterator.next() != nil {}
        guard let answer = iterator.answer else { throw .generation(.cancelled) }
        return answer
    }

    /// The events of a search, computed as they are asked for.
    ///
    /// The sequence throws `ReasonerError.noDraftModel` or `.noScorer` for options that need what the bundle lacks,
    /// `.search` for a policy, parameters, a question or scores that do not fit, `.chatTemplate` for a question that
    /// the template refuses, `.generation` if the models fail or the task is cancelled, `.scorer` if the scorer fails.
    public func events(for question: String, options: SearchOptions? = nil) -> SearchEvents {
        let (models, options) = (models, options ?? defaults)
        return SearchEvents { SearchRun(question, models, options) }
    }

    /// The events of a search that was saved, from its beginning: what happened before comes at once, and then it goes on to the
    /// tree that it would have come to without the break.
    ///
    /// It throws `ReasonerError.saved` if the models, the kernels or the mode are others than those that it began with.
    public func events(continuing saved: SavedSearch) -> SearchEvents {
        let models = models
        return SearchEvents { SearchRun(saved.question, models, saved.options, continuing: saved) }
    }
}
