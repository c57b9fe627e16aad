public import CacheTree
internal import Compute
public import Tokenization
public import Transformer

/// Owns the passes of a target model and its draft model over one tree: everybody who generates submits branches, and
/// each step forms one batch for each model from all that are live.
///
/// What a branch generates depends on its path, seed and parameters alone, bit for bit; company, batch limits and token
/// speculation only change how long it takes.
public actor Scheduler {
    /// Limits of a scheduler.
    public struct Limits: Sendable, Hashable {
        /// The most rows in a pass, at least 2; longer prompts are cut into chunks.
        public let rowsPerPass: Int
        /// The most bytes of KV memory, over all models.
        public let cacheBytes: Int

        /// - Parameters: the values of the properties, in their order.
        public init(rowsPerPass: Int = 256, cacheBytes: Int = 2 << 30) {
            precondition(
                rowsPerPass >= 2 && cacheBytes > 0, "a pass has room for a token and the one that it is read from")
            self.rowsPerPass = rowsPerPass
            self.cacheBytes = cacheBytes
        }
    }

    /// The most tokens that may be proposed to the target per pass.
    public static let longestDraft = 15
    /// How many are proposed where nobody says and nothing is measured.
    static let usualDraft = 4
    /// A thread chooses from at least so many logits, or waking it takes longer.
    static let logitsPerThread = 1024
    /// The most siblings whose texts a branch's proposals are looked for in.
    static let mostSiblings = 16

    /// The tokenizer of both models, if there is one.
    public nonisolated let tokenizer: Tokenizer?
    nonisolated let thread: ComputeThread
    let limits: Limits
    let tree: CacheTree
    let target: PassRunner
    let draft: PassRunner?
    /// One for each thread.
    let samplers: [Sampler]
    /// Live branches; those that were served last stand behind those that wait.
    var queue: [LiveBranch] = []
    /// Whether a branch was parked in this step, whose memory is free in the next.
    var hasParked = false
    /// How many proposals pay; nil before the scheduler is calibrated.
    var budget: RowBudget?
    /// How often proposals of each drafter were accepted, over all branches.
    var rates = AcceptanceRates(over: 100)
    /// Groups that this step has to answer with an error.
    var failures: [(group: Int, error: DecodingError)] = []
    private var groups: [Int: RequestGroup] = [:]
    private var lastGroup = 0
    var lastBranch = 0
    var rest = ProposalRest()
    private var isDriving = false

    /// Actors that share a compute thread run on it, one at a time.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - target: the large model, whose choices count.
    ///   - draft: the small model with the same vocabulary, if there is one.
    ///   - tokenizer: the tokenizer of both; without one, nothing can end at a separator.
    ///   - thread: where to compute.
    ///   - limits: rows per pass and KV memory.
    ///   - budget: the KV memory if others on the same thread share it; by default what `limits` says.
    /// - Throws: `DecodingError.memory` if the system does not give the memory, `.notALanguageModel` for a reward model,
    ///   `.tokenizerTooLarge` for a tokenizer with tokens that the target does not have.
    public init(
        target: LanguageModel, draft: LanguageModel? = nil, tokenizer: Tokenizer?, thread: ComputeThread,
        limits: Limits = Limits(), budget: CacheBudget? = nil
    ) throws(DecodingError) {
        for model in [target, draft] {
            guard model?.configuration.head ?? .vocabulary == .vocabulary else { throw .notALanguageModel }
        }
        let size = target.configuration.vocabularySize
        if let tokenizer, tokenizer.vocabularySize > size {
            throw .tokenizerTooLarge(tokens: tokenizer.vocabularySize, vocabularySize: size)
        }
        self.tokenizer = tokenizer
        self.thread = thread
        self.limits = limits
        samplers = (0..<thread.arithmetic.team.count).map { _ in Sampler() }
        let models = [target] + (draft.map { [$0] } ?? [])
        let tree: CacheTree
        do {
            tree = try CacheTree(
                models: models.map { $0.configuration.pageLayout(thread.arithmetic.mode.cache) },
                budget: budget ?? CacheBudget(bytes: limits.cacheBytes))
        } catch { throw .memory(error) }
        self.tree = tree
        self.target = PassRunner(target, number: 0, tree: tree, thread: thread)
        self.draft = draft.map { PassRunner($0, number: 1, tree: tree, thread: thread, phase: .draft) }
    }

    /// Does something with the output rows of each member, on all threads at once: nothing but its own text may change.
    func choose<Value>(for members: [Member], _ body: (Member, Sampler) -> Value) -> [Value] {
        let smallest = max(1, Scheduler.logitsPerThread / target.model.configuration.vocabularySize)
        return Array(unsafeUninitializedCapacity: members.count) { values, count in
            let slots = values
            thread.arithmetic.team.split(members.count, atLeast: smallest) { number, part in
                for index in part { slots.initializeElement(at: index, to: body(members[index], samplers[number])) }
            }
            count = members.count
        }
    }

    // MARK: Paths

    /// Opens a path with these tokens and holds its end for the caller: what is known of it already is shared.
    ///
    /// - Throws: `DecodingError` for an empty prompt, unknown ids or a prompt that fills the context.
    public func open(_ tokens: [Int32]) throws(DecodingError) -> NodeID {
        guard !tokens.isEmpty else { throw .emptyPrompt }
        let size = target.model.configuration.vocabularySize
        if let unknown = tokens.first(where: { !(0..<size ~= Int($0)) }) {
            throw .unknownToken(id: unknown, vocabularySize: size)
        }
        guard tokens.count < contextLength else {
            throw .contextTooLong(tokens: tokens.count, context: contextLength)
        }
        let known = tree.longestPrefix(of: tokens)
        let node = tree.fork(known.node, atDepth: known.depth)
        tree.append(Array(tokens[known.depth...]), to: node)
        return node
    }

    /// Lets go of nodes that `open` or `generate` gave; what nobody holds or continues is forgotten, and its pages are
    /// free at once.
    ///
    /// - Precondition: each node is held; releasing one twice is a programmer's error.
    public func release(_ nodes: [NodeID]) {
        for node in nodes { tree.release(node) }
        resume(nodes.count)
    }

    /// Holds nodes once more, so that they have to be released once more.
    public func hold(_ nodes: [NodeID]) {
        for node in nodes { tree.hold(node) }
    }

    /// How long the compute thread was busy so far, for whomever.
    public nonisolated var times: PhaseTimes { thread.times }

    /// What the tree costs now, over both models.
    public var memory: CacheStatistics { tree.statistics }

    /// The longest path that both models can compute.
    var contextLength: Int {
        min(target.model.configuration.contextLength, draft?.model.configuration.contextLength ?? .max)
    }

    // MARK: Generating

    /// Continues branches, all of them together, and returns when each has ended.
    ///
    /// - Returns: the texts, in the order of the requests; the `node` of each is held for the caller, who releases it.
    /// - Throws: `DecodingError.noDraftModel` or `.noTokenizer` for a request that needs one, `.unknownToDraft` for a
    ///   path that the draft cannot read, `.memory`, `.invalidLogits`, or `.cancelled`; then nothing is held for the
    ///   caller. A cancelled task ends within one step.
    public func generate(_ requests: [GenerationRequest]) async throws(DecodingError) -> GenerationResult {
        try check(requests)
        lastGroup += 1
        let number = lastGroup
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                admit(requests, to: RequestGroup(number: number) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            // Behind the step in progress, before the next.
            thread.add { self.assumeIsolated { $0.fail(number, .cancelled) } }
        }
        return try result.get()
    }

    private func check(_ requests: [GenerationRequest]) throws(DecodingError) {
        for request in requests {
            let needsDraft =
                request.writer == .draft || request.draftLength != 0 && request.drafters.contains(.model)
            guard !needsDraft || draft != nil else { throw .noDraftModel }
            guard request.stop.separator.isEmpty || tokenizer != nil else { throw .noTokenizer }
        }
    }

    /// Makes a leaf for each request and starts the loop if it is idle.
    private func admit(_ requests: [GenerationRequest], to group: RequestGroup) {
        for request in requests {
            lastBranch += 1
            let path = tree.tokens(of: request.start)
            let branch = LiveBranch(
                request, text: GrowingText(request, path: path, tokenizer: tokenizer),
                node: tree.fork(request.start), group: group, number: lastBranch)
            branch.isDraftable = path.allSatisfy { isKnownToDraft($0) }
            group.add(branch)
            if request.writer == .draft, !branch.isDraftable {
                failures.append((group.number, .unknownToDraft(vocabularySize: draftVocabularySize)))
            }
            queue.append(branch)
        }
        groups[group.number] = group
        answerFailures()
        retireFinished()
        guard !isDriving, !queue.isEmpty else { return }
        isDriving = true
        drive()
    }

    /// Steps while there is something to do, behind whatever else the thread has to do by then: between steps others may
    /// submit, cancel or release.
    ///
    /// A task would come back by way of another thread, which takes longer than a step of a small model.
    private func drive() {
        thread.add { [self] in
            assumeIsolated { scheduler in
                scheduler.step()
                if scheduler.queue.isEmpty { scheduler.isDriving = false } else { scheduler.drive() }
            }
        }
    }

    /// Answers a group with an error and lets go of its branches.
    func fail(_ number: Int, _ error: DecodingError) {
        guard let group = groups.removeValue(forKey: number) else { return }
        queue.removeAll { $0.group === group }
        release(group.branches.map(\.node))
        group.fail(error)
    }

    /// Answers the groups that failed.
    func answerFailures() {
        for (number, error) in failures { fail(number, error) }
        failures.removeAll()
    }

    /// Rows of the draft's embedding table; that of the target may have more, for padding.
    private var draftVocabularySize: Int { draft?.model.configuration.vocabularySize ?? 0 }

    /// Whether the draft model, if there is one, can read a token.
    func isKnownToDraft(_ token: Int32) -> Bool { draft == nil || Int(token) < draftVocabularySize }

    /// Answers every group whose branches have all ended.
    func retireFinished() {
        let live = queue.count
        queue.removeAll { $0.text.end != nil }
        resume(live - queue.count)
        for group in groups.values where group.isFinished {
            groups[group.number] = nil
            group.finish()
        }
    }
}
