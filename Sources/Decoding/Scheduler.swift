public import CacheTree
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
        /// The most rows in a pass; longer prompts are cut into chunks.
        public var rowsPerPass: Int
        /// The most bytes of KV memory, over both models.
        public var cacheBytes: Int

        /// - Parameters: the values of the properties, in their order.
        public init(rowsPerPass: Int = 256, cacheBytes: Int = 2 << 30) {
            precondition(rowsPerPass >= 16 && cacheBytes > 0, "a pass has room for a branch and its proposals")
            self.rowsPerPass = rowsPerPass
            self.cacheBytes = cacheBytes
        }
    }

    /// The most tokens that the draft model may propose to the target per pass.
    public static let longestDraft = 15

    /// The tokenizer of both models, if there is one.
    public nonisolated let tokenizer: Tokenizer?
    private nonisolated let thread: ComputeThread
    let limits: Limits
    let tree: CacheTree
    let target: PassRunner
    let draft: PassRunner?
    let sampler = Sampler()
    /// Live branches; those that were served last stand behind those that wait.
    var queue: [LiveBranch] = []
    /// Groups that this step has to answer with an error.
    var failures: [(group: Int, error: DecodingError)] = []
    private var groups: [Int: RequestGroup] = [:]
    private var lastGroup = 0
    private var isDriving = false

    /// Actors that share a compute thread run on it, one at a time.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - target: the large model, whose choices count.
    ///   - draft: the small model with the same vocabulary, if there is one.
    ///   - tokenizer: the tokenizer of both; without one, nothing can end at a separator.
    ///   - thread: where to compute.
    ///   - limits: rows per pass and KV memory.
    /// - Throws: `DecodingError.memory` if the system does not give the memory.
    public init(
        target: LanguageModel, draft: LanguageModel? = nil, tokenizer: Tokenizer?, thread: ComputeThread,
        limits: Limits = Limits()
    ) throws(DecodingError) {
        self.tokenizer = tokenizer
        self.thread = thread
        self.limits = limits
        let models = [target] + (draft.map { [$0] } ?? [])
        let tree: CacheTree
        do {
            tree = try CacheTree(
                models: models.map(\.configuration.pageLayout), budget: CacheBudget(bytes: limits.cacheBytes))
        } catch { throw .memory(error) }
        self.tree = tree
        self.target = PassRunner(target, number: 0, tree: tree, thread: thread)
        self.draft = draft.map { PassRunner($0, number: 1, tree: tree, thread: thread) }
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

    /// Holds a node once more.
    public func hold(_ node: NodeID) { tree.hold(node) }

    /// Lets go of nodes; what nobody holds or continues is forgotten, and its pages are free at once.
    public func release(_ nodes: [NodeID]) {
        for node in nodes { tree.release(node) }
    }

    /// What the tree costs now, over both models.
    public var memory: CacheStatistics { tree.statistics }

    /// The longest path that both models can compute.
    var contextLength: Int {
        min(target.model.configuration.contextLength, draft?.model.configuration.contextLength ?? .max)
    }

    // MARK: Generating

    /// Continues branches, all of them together, and returns when each has ended.
    ///
    /// - Throws: `DecodingError`; then nothing is held for the caller. A cancelled task ends within one step.
    public func generate(_ requests: [GenerationRequest]) async throws(DecodingError) -> GenerationResult {
        try check(requests)
        lastGroup += 1
        let number = lastGroup
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                admit(requests, to: RequestGroup(number: number) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            Task { await self.fail(number, .cancelled) }
        }
        return try result.get()
    }

    private func check(_ requests: [GenerationRequest]) throws(DecodingError) {
        for request in requests {
            let needsDraft = request.writer == .draft || request.draftLength > 0
            guard !needsDraft || draft != nil else { throw .noDraftModel }
            guard request.stop.separator.isEmpty || tokenizer != nil else { throw .noTokenizer }
        }
    }

    /// Makes a leaf for each request and starts the loop if it is idle.
    private func admit(_ requests: [GenerationRequest], to group: RequestGroup) {
        for request in requests {
            let branch = LiveBranch(request, node: tree.fork(request.start), group: group)
            group.add(branch)
            queue.append(branch)
        }
        groups[group.number] = group
        retireFinished()
        guard !isDriving, !queue.isEmpty else { return }
        isDriving = true
        Task { await drive() }
    }

    /// Steps while there is something to do; between steps others may submit, cancel or release.
    private func drive() async {
        while !queue.isEmpty {
            step()
            await Task.yield()
        }
        isDriving = false
    }

    /// Answers a group with an error and lets go of its branches.
    func fail(_ number: Int, _ error: DecodingError) {
        guard let group = groups.removeValue(forKey: number) else { return }
        queue.removeAll { $0.group === group }
        for branch in group.branches { tree.release(branch.node) }
        group.fail(error)
    }

    /// Answers every group whose branches have all ended.
    func retireFinished() {
        queue.removeAll { $0.end != nil }
        for group in groups.values where group.isFinished {
            groups[group.number] = nil
            group.finish()
        }
    }
}
