internal import CacheTree
internal import Compute
public import Decoding
public import Tokenization
public import Transformer

/// A process reward model in the form of Qwen2.5-Math-PRM (Zhang et al., 2025): behind each thought stands a step token,
/// and the score is the probability of "good" there.
///
/// It has its own tree of KV pages, in which it follows the tree of thoughts with its own tokens: a thought is read
/// once, however many thoughts continue it.
public actor StepRewardModel: ThoughtScorer {
    private struct Session {
        /// The end of the prompt's path.
        let prompt: NodeID
        /// The end of each thought's path, held once.
        var nodes: [Thought.ID: NodeID] = [:]
        var rows = 0
    }

    private nonisolated let thread: ComputeThread
    private let tokenizer: Tokenizer
    private let stepToken: Int32
    private let tree: CacheTree
    private let runner: PassRunner
    private let rowsPerPass: Int
    private var sessions: [Int: Session] = [:]
    private var lastSession = 0

    /// Runs on the compute thread, beside the scheduler.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - model: a model with a head of step classes.
    ///   - tokenizer: its tokenizer.
    ///   - stepToken: the token behind each thought, for instance `<extra_0>`.
    ///   - thread: where to compute.
    ///   - limits: rows per pass and KV memory.
    /// - Throws: `ReasonerError.notARewardModel`, `.unknownStepToken` or `.generation`.
    public init(
        _ model: LanguageModel, tokenizer: Tokenizer, stepToken: String, thread: ComputeThread,
        limits: Scheduler.Limits = .init()
    ) throws(ReasonerError) {
        guard model.configuration.head == .stepClasses else { throw .notARewardModel }
        guard let token = tokenizer.token(for: stepToken), Int(token) < model.configuration.vocabularySize else {
            throw .unknownStepToken(stepToken)
        }
        let tree: CacheTree
        do {
            tree = try CacheTree(
                models: [model.configuration.pageLayout], budget: CacheBudget(bytes: limits.cacheBytes))
        } catch { throw .generation(.memory(error)) }
        self.tokenizer = tokenizer
        self.stepToken = token
        self.thread = thread
        self.tree = tree
        runner = PassRunner(model, number: 0, tree: tree, thread: thread)
        rowsPerPass = limits.rowsPerPass
    }

    /// Begins to judge the thoughts of one search.
    public func begin(question: String, prompt: String) throws(ReasonerError) -> any ScoringSession {
        let node = tree.fork(tree.root)
        tree.append(tokenizer.encode(prompt), to: node)
        lastSession += 1
        sessions[lastSession] = Session(prompt: node)
        return RewardSession(model: self, number: lastSession)
    }

    fileprivate func scores(
        for thoughts: [Thought.ID], in thoughtTree: ThoughtTree, session number: Int
    ) throws(ReasonerError) -> [Float] {
        guard var session = sessions[number] else { return [] }
        var nodes: [NodeID] = []
        for thought in thoughts { nodes.append(node(of: thought, in: thoughtTree, &session)) }
        sessions[number] = session
        let context = runner.model.configuration.contextLength
        if let long = nodes.map({ tree.depth(of: $0) }).first(where: { $0 > context }) {
            throw .generation(.contextTooLong(tokens: long, context: context))
        }
        return try compute(nodes, session: number)
    }

    /// The end of a thought's path, made if it is not there.
    private func node(of thought: Thought.ID, in thoughtTree: ThoughtTree, _ session: inout Session) -> NodeID {
        if let known = session.nodes[thought] { return known }
        var start = session.prompt
        if let parent = thoughtTree[thought].parent { start = node(of: parent, in: thoughtTree, &session) }
        let end = tree.fork(start)
        tree.append(tokenizer.encode(thoughtTree[thought].text, addsPrefix: false) + [stepToken], to: end)
        session.nodes[thought] = end
        return end
    }

    /// The probability of "good" at the end of each path.
    private func compute(_ nodes: [NodeID], session: Int) throws(ReasonerError) -> [Float] {
        var scores = [Float?](repeating: nil, count: nodes.count)
        while scores.contains(nil) {
            var outputs: [(index: Int, output: Int)] = []
            for (index, node) in nodes.enumerated() where scores[index] == nil {
                let room = rowsPerPass - runner.batch.rows.count
                guard room > 0 else { break }
                let planned: PlannedRows
                do {
                    planned = try tree.plan(node, model: 0, outputs: 1, limit: room, into: &runner.batch)
                } catch {
                    // What is planned counts as computed, so it has to be.
                    runner.run()
                    throw .generation(.memory(error))
                }
                if let output = planned.outputs.first { outputs.append((index, output)) }
            }
            sessions[session]?.rows += runner.batch.rows.count
            runner.run()
            for (index, output) in outputs {
                let logits = runner.output(output)
                scores[index] = Float(1 / (1 + Elementary.exp(Double(logits[0]) - Double(logits[1]))))
            }
        }
        return scores.map { $0 ?? 0 }
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
        var costs = ScoringCosts()
        costs.rewardRows = sessions[session]?.rows ?? 0
        costs.kvBytes = tree.statistics.bytesInUse
        costs.kvBytesUnshared = tree.statistics.unsharedBytes
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
