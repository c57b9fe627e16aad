public import CacheTree
internal import Compute
public import Decoding
internal import Tokenization
public import Transformer

/// A process reward model: behind each thought stands a step token, and the score is the probability of "good" there.
///
/// The published forms (`RewardFormat`): the head with two classes of Qwen2.5-Math-PRM (Zhang et al., 2025), the value head of
/// Skywork-o1-Open-PRM, and causal models that judge with one of two tokens, as Math-Shepherd (Wang et al., 2024), Math-psa
/// (OpenR) and RLHFlow's do.
///
/// It has its own tree of KV pages, in which it follows the tree of thoughts with its own tokens: a thought is read
/// once, however many thoughts continue it.
public actor StepRewardModel: ThoughtScorer {
    private struct Session {
        /// The end of the prompt's path.
        let prompt: NodeID
        /// The end of each thought's path, held once.
        var nodes: [Thought.ID: NodeID] = [:]
        var costs = ScoringCosts()
    }

    private nonisolated let thread: ComputeThread
    private nonisolated let model: LanguageModel
    private let prompts: PromptEncoder
    private let encoder: RewardEncoder
    private let tree: CacheTree
    private let runner: PassRunner
    private let rowsPerPass: Int
    private var sessions: [Int: Session] = [:]
    private var lastSession = 0

    /// The fingerprint of the model, for which its weights are read once.
    public nonisolated var identity: String { String(model.fingerprint, radix: 16) }

    /// Runs on the compute thread, beside the scheduler.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - model: a model with a head of step classes or a value head, or a causal model loaded with the bad and the good
    ///     token, in this order, as `outputTokens`.
    ///   - prompts: its tokenizer, and how it wants to be asked.
    ///   - format: how it wants to read thoughts.
    ///   - thread: where to compute.
    ///   - limits: rows per pass and KV memory.
    ///   - budget: the KV memory if others on the same thread share it; by default what `limits` says.
    /// - Throws: `ReasonerError.notARewardModel`, `.unknownRewardToken` or `.generation`.
    public init(
        _ model: LanguageModel, prompts: PromptEncoder, format: RewardFormat, thread: ComputeThread,
        limits: Scheduler.Limits = .init(), budget: CacheBudget? = nil
    ) throws(ReasonerError) {
        guard model.configuration.head != .vocabulary, model.configuration.outputWidth <= 2 else {
            throw .notARewardModel
        }
        let encoder = try RewardEncoder(format, prompts.tokenizer)
        let size = model.configuration.vocabularySize
        guard prompts.tokenizer.vocabularySize <= size else {
            throw .generation(.tokenizerTooLarge(tokens: prompts.tokenizer.vocabularySize, vocabularySize: size))
        }
        let tree: CacheTree
        do {
            tree = try CacheTree(
                models: [model.configuration.pageLayout(thread.arithmetic.mode.cache)],
                budget: budget ?? CacheBudget(bytes: limits.cacheBytes))
        } catch { throw .generation(.memory(error)) }
        self.model = model
        self.prompts = prompts
        self.encoder = encoder
        self.thread = thread
        self.tree = tree
        runner = PassRunner(model, number: 0, tree: tree, thread: thread, phase: .reward)
        rowsPerPass = limits.rowsPerPass
    }

    /// Begins to judge the thoughts of one search.
    ///
    /// - Throws: `ReasonerError.search` for an empty question, `.chatTemplate` if the model's template refuses.
    public func begin(question: String) throws(ReasonerError) -> any ScoringSession {
        let tokens = try prompts.tokens(of: question)
        let node = tree.fork(tree.root)
        tree.append(tokens, to: node)
        lastSession += 1
        sessions[lastSession] = Session(prompt: node)
        return RewardSession(model: self, number: lastSession)
    }

    fileprivate func scores(
        for thoughts: [Thought.ID], in thoughtTree: ThoughtTree, session number: Int
    ) async throws(ReasonerError) -> [Float] {
        guard var session = sessions[number] else { return [] }
        var nodes: [NodeID] = []
        for thought in thoughts { nodes.append(node(of: thought, in: thoughtTree, &session)) }
        sessions[number] = session
        let context = runner.model.configuration.contextLength
        if let long = nodes.map({ tree.depth(of: $0) }).first(where: { $0 > context }) {
            throw .generation(.contextTooLong(tokens: long, context: context))
        }
        // The prompt has a pass of its own: branches that fork inside a page which the same pass writes repeat its rows. A path
        // comes before those that go on from it, which would compute its last row without an output.
        _ = try await compute([(session.prompt, 0)], session: number)
        let order = nodes.indices.sorted { (tree.depth(of: nodes[$0]), $0) < (tree.depth(of: nodes[$1]), $1) }
        let found = try await compute(order.map { (nodes[$0], 1) }, session: number)
        var scores = [Float](repeating: .nan, count: nodes.count)
        for (place, score) in zip(order, found) { scores[place] = score ?? .nan }
        return scores
    }

    /// The probability of "good" at the end of each path that wants an output.
    private func compute(
        _ paths: [(node: NodeID, outputs: Int)], session: Int
    ) async throws(ReasonerError) -> [Float?] {
        var (rows, recomputed) = (0, 0)
        do {
            let results = try await runner.compute(
                paths, rowsPerPass: rowsPerPass,
                observe: {
                    rows += $0
                    recomputed += $1
                },
                read: { _, outputs in outputs.last.map(StepRewardModel.goodness) })
            sessions[session]?.costs.rewardRows += rows
            sessions[session]?.costs.rowsRecomputed += recomputed
            observe(session)
            return results
        } catch { throw .generation(error) }
    }

    /// The softmax of two logits, the second one's, or the logistic function of one; NaN, for the search to refuse, if one is
    /// no number.
    private static func goodness(_ logits: UnsafeBufferPointer<Float>) -> Float {
        guard logits.allSatisfy(\.isFinite), let good = logits.last else { return .nan }
        let bad = logits.count == 2 ? Double(logits[0]) : 0
        return Float(1 / (1 + Elementary.exp(bad - Double(good))))
    }

    /// Notes how much KV memory is in use.
    private func observe(_ session: Int) {
        guard tree.bytesInUse > sessions[session]?.costs.kvBytesPeak ?? .max else { return }
        sessions[session]?.costs.kvBytesPeak = tree.bytesInUse
        sessions[session]?.costs.kvBytesUnshared = tree.statistics.unsharedBytes
    }

    /// The end of a thought's path, made if it is not there.
    private func node(of thought: Thought.ID, in thoughtTree: ThoughtTree, _ session: inout Session) -> NodeID {
        if let known = session.nodes[thought] { return known }
        var start = session.prompt
        if let parent = thoughtTree[thought].parent { start = node(of: parent, in: thoughtTree, &session) }
        let end = tree.fork(start)
        tree.append(encoder.tokens(of: thoughtTree[thought]), to: end)
        session.nodes[thought] = end
        return end
    }

    /// Releases the paths of thoughts. A correction that repeats a rejected draft was never read itself: it inherits
    /// the draft's path, so that nothing is read twice.
    fileprivate func forget(_ thoughts: [Thought.ID], in thoughtTree: ThoughtTree, session: Int) {
        for id in thoughts {
            guard let node = sessions[session]?.nodes.removeValue(forKey: id) else { continue }
            let thought = thoughtTree[id]
            let heir = thoughtTree.children(of: thought.parent).first { sibling in
                sessions[session]?.nodes[sibling] == nil && !thoughts.contains(sibling)
                    && thoughtTree[sibling].text.utf8.elementsEqual(thought.text.utf8)
            }
            if let heir { sessions[session]?.nodes[heir] = node } else { tree.release(node) }
        }
    }

    fileprivate func costs(session: Int) -> ScoringCosts {
        guard var costs = sessions[session]?.costs else { return ScoringCosts() }
        sessions[session]?.costs.kvBytesPeak = 0
        costs.kvBytes = tree.bytesInUse
        return costs
    }

    fileprivate func end(session number: Int) {
        guard let session = sessions.removeValue(forKey: number) else { return }
        for node in session.nodes.values { tree.release(node) }
        tree.release(session.prompt)
    }
}

/// The side of a reward session that a search holds.
private struct RewardSession: ScoringSession {
    let model: StepRewardModel
    let number: Int

    func scores(for thoughts: [Thought.ID], in tree: ThoughtTree) async throws -> [Float] {
        try await model.scores(for: thoughts, in: tree, session: number)
    }

    func forget(_ thoughts: [Thought.ID], in tree: ThoughtTree) async {
        await model.forget(thoughts, in: tree, session: number)
    }

    func costs() async -> ScoringCosts { await model.costs(session: number) }
    func end() async { await model.end(session: number) }
}
