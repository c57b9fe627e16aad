import CacheTree
import Compute
import Decoding
import SpecSearch
import Transformer

/// Times searches by models of any weights: the search core asks, the models really run, and what thoughts are worth and say
/// is drawn at given rates.
actor SearchBenchmark {
    /// One search.
    struct Run {
        let seconds: Double
        let counters: Counters
        let times: PhaseTimes
    }

    /// The end of a thought's path in both trees, each held once.
    private struct Place {
        let node: NodeID
        let rewardNode: NodeID
        let branch: BranchKey
    }

    /// What a thought will say.
    private struct DrawnThought {
        /// A slot beyond all others, whose noise the thoughts that say the same share: so they are written as one.
        private static let common = 1 << 20

        let branch: BranchKey
        let noise: BranchKey
        let text: String

        init(_ request: WriteRequest, behind parent: BranchKey, isDuplicate: (BranchKey) -> Bool) {
            branch = parent.child(slot: request.slot, origin: request.origin)
            let repeats = isDuplicate(branch)
            noise = repeats ? parent.child(slot: Self.common, origin: request.origin) : branch
            text = repeats ? "same\n" : "\(request.origin) \(request.slot)\n"
        }
    }

    /// What draws decide about a thought.
    private enum Draw: Int {
        case isDuplicate, isGood
    }

    /// Scores of what is good and what is not.
    private static let (good, bad): (Float, Float) = (0.99, 0.01)
    private static let rowsPerPass = 256

    private let scheduler: Scheduler
    private nonisolated let thread: ComputeThread
    private let rewardTree: CacheTree
    private let reward: PassRunner
    private let rates: ForcedRates
    private let tokens: Int
    private let promptTokens: Int
    private let format: PromptFormat
    private let vocabularySize: Int

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - tokens: how many tokens a thought has.
    ///   - promptTokens: how many the question has.
    ///   - vocabularySize: how many tokens all models know.
    init(
        scheduler: Scheduler, reward model: LanguageModel, thread: ComputeThread, rates: ForcedRates, tokens: Int,
        promptTokens: Int, vocabularySize: Int, cacheBytes: Int
    ) throws {
        self.scheduler = scheduler
        self.thread = thread
        self.rates = rates
        self.tokens = tokens
        self.promptTokens = promptTokens
        self.vocabularySize = vocabularySize
        rewardTree = try CacheTree(
            models: [model.configuration.pageLayout(thread.arithmetic.mode.cache)],
            budget: CacheBudget(bytes: cacheBytes))
        reward = PassRunner(model, number: 0, tree: rewardTree, thread: thread, phase: .reward)
        format = try PromptFormat(prompt: "{question}", separator: "\n", answer: "The answer is {answer}.")
    }

    /// Searches once.
    func run(_ contender: Contender, _ parameters: SearchParameters, seed: UInt64) async throws -> Run {
        let (clock, busy) = (ContinuousClock(), thread.times)
        let begin = clock.now
        var search = try Search(policy: contender.policy, parameters: parameters, format: format, seed: seed)
        var places: [Thought.ID?: Place] = [nil: try await open(seed)]
        var counters = Counters()
        while true {
            switch search.ask() {
            case .write(let requests):
                counters += try await write(requests, contender, seed, &search, &places)
            case .score(let thoughts):
                counters.rewardRows += try await score(thoughts, seed, &search, places)
            case .check(let thoughts):
                let passages = thoughts.compactMap { places[$0]?.node }.map { node in
                    Scheduler.Passage(end: node, tokens: tokens, sampling: .greedy, textStart: promptTokens)
                }
                counters += Counters(try await scheduler.read(passages).counters)
                try search.tell(checks: thoughts.map { _ in DraftCheck(plausibility: 1, probability: 0) })
            case .finished(let outcome):
                await release(Array(places.values))
                return Run(
                    seconds: (clock.now - begin).seconds, counters: counters + outcome.counters,
                    times: thread.times - busy)
            }
            let held = Set(search.held)
            let dead = places.keys.filter { $0.map { !held.contains($0) } ?? false }
            await release(dead.compactMap { places.removeValue(forKey: $0) })
        }
    }

    private func open(_ seed: UInt64) async throws -> Place {
        let prompt = (0..<promptTokens).map { Int32(($0 * 31 + 17 + Int(seed % 97)) % vocabularySize) }
        let rewardNode = rewardTree.fork(rewardTree.root)
        rewardTree.append(prompt, to: rewardNode)
        return Place(node: try await scheduler.open(prompt), rewardNode: rewardNode, branch: .root)
    }

    private func release(_ places: [Place]) async {
        for place in places { rewardTree.release(place.rewardNode) }
        await scheduler.release(places.map(\.node))
    }

    private func draws(_ what: Draw, _ branch: BranchKey, _ seed: UInt64, below rate: Double) -> Bool {
        RandomSource(seed: seed).stream(branch: branch, position: 0, purpose: .rejection).uniform(what.rawValue) < rate
    }

    /// Lets the models write, and says what the rates make of it.
    private func write(
        _ requests: [WriteRequest], _ contender: Contender, _ seed: UInt64, _ search: inout Search,
        _ places: inout [Thought.ID?: Place]
    ) async throws -> Counters {
        let thoughts = requests.map {
            DrawnThought($0, behind: places[$0.parent]?.branch ?? .root) {
                draws(.isDuplicate, $0, seed, below: rates.duplicates)
            }
        }
        let generation = try zip(requests, thoughts).map { request, thought in
            guard let start = places[request.parent]?.node else { throw DecodingError.cancelled }
            var generation = GenerationRequest(
                start: start, writer: request.origin,
                draftLength: contender.policy == .plain || request.origin == .draft ? 0 : nil,
                sampling: try SamplingParameters(temperature: 1, seed: seed), branch: thought.noise,
                stop: StopRule(endTokens: [], maxTokens: tokens))
            generation.forcedAcceptance = rates.acceptance
            return generation
        }
        var (generated, counters) = ([Generated](), Counters())
        for batch in contender.isSerial ? generation.map({ [$0] }) : [generation] {
            let result = try await scheduler.generate(batch)
            generated += result.generated
            counters += Counters(result.counters)
        }
        let first = search.tree.count
        let texts = zip(thoughts, generated).map { thought, generated in
            [WrittenThought(text: thought.text, tokens: generated.tokens, end: .separator, meanLogProbability: -1)]
        }
        try search.tell(written: texts)
        for ((request, drawn), generated) in zip(zip(requests, thoughts), generated) {
            let thought = search.tree.thoughts[first...].first {
                $0.parent == request.parent && $0.slot == request.slot && $0.origin == request.origin
            }
            guard let thought, let parent = places[request.parent] else {
                await scheduler.release([generated.node])
                continue
            }
            let rewardNode = rewardTree.fork(parent.rewardNode)
            // A step token stands behind each thought.
            rewardTree.append(generated.tokens + [0], to: rewardNode)
            places[thought.id] = Place(node: generated.node, rewardNode: rewardNode, branch: drawn.branch)
        }
        return counters
    }

    /// Lets the reward model read thoughts, and gives them the scores that were drawn; returns how many rows that took.
    private func score(
        _ thoughts: [Thought.ID], _ seed: UInt64, _ search: inout Search, _ places: [Thought.ID?: Place]
    ) async throws -> Int {
        let known = thoughts.compactMap { places[$0] }
        var rows = 0
        _ = try await reward.compute(
            known.map { ($0.rewardNode, 1) }, rowsPerPass: Self.rowsPerPass, observe: { count, _ in rows += count }
        ) { _, _ in }
        try search.tell(
            scores: zip(thoughts, known).map { id, place in
                let rate = search.tree[id].origin == .draft ? rates.draftGood : rates.targetGood
                return draws(.isGood, place.branch, seed, below: rate) ? Self.good : Self.bad
            })
        return rows
    }
}
