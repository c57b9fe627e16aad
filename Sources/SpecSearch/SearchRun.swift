internal import CacheTree
internal import Decoding
internal import Tokenization

/// One search on its way: asks the search core what it needs, has the models do it, and tells the core.
///
/// It computes only when the next events are wanted, and gives all memory back when it ends or is dropped.
final class SearchRun {
    private let question: String
    private let models: ReasonerModels
    private let options: SearchOptions
    private var core: BeamSearch
    private var prompt: Place?
    private var promptLength = 0
    private var session: (any ScoringSession)?
    /// Where the paths end that the search may still continue; each is held once.
    private var places: [Thought.ID: Place] = [:]
    private var costs = Counters()
    /// Of the recomputed rows, those of the scorer.
    private var rowsRescored = 0
    private var duration = Duration.zero
    private var times = PhaseTimes()
    private var isFinished = false

    /// The end of a path in the tree of tokens, whose noise continues it, and its text, which may end in half a
    /// character if a thought was cut.
    private struct Place {
        let node: NodeID
        let branch: BranchKey
        let text: TextStream
    }

    init(_ question: String, _ models: ReasonerModels, _ options: SearchOptions) {
        self.question = question
        self.models = models
        self.options = options
        core = BeamSearch(parameters: options.parameters, policy: options.policy, format: models.format)
    }

    deinit {
        guard let prompt else { return }
        let (nodes, scheduler, session) = (places.values.map(\.node) + [prompt.node], models.scheduler, session)
        Task {
            await scheduler.release(nodes)
            await session?.end()
        }
    }

    /// Does what the search needs next, and returns what happened; nil when the search has ended.
    ///
    /// After an error the search has ended, and its memory is free.
    func advance() async throws(ReasonerError) -> [SearchEvent]? {
        let (start, busy) = (ContinuousClock.now, models.scheduler.times)
        defer {
            duration += ContinuousClock.now - start
            times = times + models.scheduler.times - busy
        }
        if isFinished { return nil }
        do throws(ReasonerError) {
            if prompt == nil { try await begin() }
            guard !Task.isCancelled else { throw ReasonerError.generation(.cancelled) }
            switch core.ask() {
            case .write(let requests): return try await write(requests)
            case .score(let thoughts): return try await score(thoughts)
            case .finished:
                await end()
                return nil
            }
        } catch {
            await end()
            throw error
        }
    }

    /// The answer, once the search has ended.
    var answer: Answer? {
        guard case .finished(var outcome) = core.ask() else { return nil }
        outcome.counters += costs
        return Answer(question: question, options: options, outcome: outcome, duration: duration, times: times)
    }

    private func begin() async throws(ReasonerError) {
        guard options.policy == .plain || models.hasDraft else { throw .noDraftModel(options.policy) }
        guard let scorer = models.scorer else { throw .noScorer }
        let tokens = try models.prompts.tokens(of: question)
        promptLength = tokens.count
        do {
            prompt = Place(
                node: try await models.scheduler.open(tokens), branch: .root,
                text: TextStream(models.prompts.tokenizer, skipsSpecialTokens: true, continuesText: true))
        } catch { throw .generation(error) }
        do { session = try await scorer.begin(question: question) } catch { throw .scorer(error) }
    }

    private func end() async {
        isFinished = true
        await models.scheduler.release(places.values.map(\.node) + [prompt].compactMap { $0?.node })
        await session?.end()
        places = [:]
        prompt = nil
        session = nil
    }

    // MARK: What the core asks for

    private func write(_ requests: [WriteRequest]) async throws(ReasonerError) -> [SearchEvent] {
        let generation = requests.map { generationRequest(for: $0) }
        let result: GenerationResult
        do { result = try await models.scheduler.generate(generation) } catch { throw .generation(error) }
        let first = core.tree.thoughts.count
        var grown: [(place: Place, thought: WrittenThought)] = []
        for (index, generated) in result.generated.enumerated() {
            grown.append(read(generated, after: start(of: requests[index]), branch: generation[index].branch))
        }
        let events: [SearchEvent]
        do { events = try core.tell(written: grown.map(\.thought)) } catch {
            await models.scheduler.release(grown.map(\.place.node))
            throw .search(error)
        }
        var idle: [NodeID] = []
        for (index, request) in requests.enumerated() {
            let thought = core.tree.thoughts[first...].first {
                $0.parent == request.parent && $0.slot == request.slot && $0.origin == request.origin
            }
            // A repeated or empty text is no thought of its own.
            if let thought { places[thought.id] = grown[index].place } else { idle.append(grown[index].place.node) }
        }
        await models.scheduler.release(idle)
        await count(Counters(result.counters))
        await forget(after: events)
        return events
    }

    private func score(_ thoughts: [Thought.ID]) async throws(ReasonerError) -> [SearchEvent] {
        guard let session else { throw .noScorer }
        let scores: [Float]
        do { scores = try await session.scores(for: thoughts, in: core.tree) } catch {
            // The end of the context is no error, but the end of the search.
            guard let own = error as? ReasonerError else { throw .scorer(error) }
            guard case .generation(.contextTooLong) = own else { throw own }
            return core.stop(.context)
        }
        let events: [SearchEvent]
        do { events = try core.tell(scores: scores) } catch { throw .search(error) }
        let memory = await models.scheduler.memory
        var held = Counters()
        (held.kvBytesPeak, held.kvBytesUnshared) = (memory.bytesInUse, memory.unsharedBytes)
        await count(held)
        await forget(after: events)
        return events
    }

    /// Lets go of the paths that nothing will continue: those that were written and lost at once, and at the end of a
    /// level all but those that the next one continues.
    private func forget(after events: [SearchEvent]) async {
        var finishedDepth = 0
        for case .levelFinished(let depth, _) in events { finishedDepth = depth }
        let isDead = { [tree = core.tree] (id: Thought.ID) in
            let thought = tree[id]
            if thought.state == .rejected || thought.state == .pruned { return true }
            return finishedDepth > 0 && (thought.isFinal || thought.depth < finishedDepth)
        }
        let dead = places.keys.filter(isDead)
        await models.scheduler.release(dead.compactMap { places.removeValue(forKey: $0)?.node })
        guard finishedDepth > 0 else { return }
        // Only now is it known which corrections repeat a rejected draft.
        let read = core.tree.thoughts.filter { $0.depth >= finishedDepth - 1 }.map(\.id)
        await session?.forget(read.filter(isDead), in: core.tree)
    }

    /// Adds what a step took; its memory is that of the models that write beside that of the scorer.
    private func count(_ step: Counters) async {
        let scoring = await session?.costs() ?? ScoringCosts()
        var step = step
        step.kvBytesPeak += max(scoring.kvBytesPeak, scoring.kvBytes)
        step.kvBytesUnshared += scoring.kvBytesUnshared
        // What the scorer says is for the whole search.
        step.rewardRows = scoring.rewardRows - costs.rewardRows
        step.rowsRecomputed += scoring.rowsRecomputed - rowsRescored
        rowsRescored = scoring.rowsRecomputed
        costs += step
    }

    /// Where a request's thought begins.
    private func start(of request: WriteRequest) -> Place {
        guard let place = request.parent.map({ places[$0] }) ?? prompt else {
            preconditionFailure("a path that is continued is held")
        }
        return place
    }

    private func generationRequest(for request: WriteRequest) -> GenerationRequest {
        let place = start(of: request)
        let speculates = options.policy != .plain && request.origin == .target && models.hasDraft
        return GenerationRequest(
            start: place.node, writer: request.origin, draftLength: speculates ? options.draftLength : 0,
            drafters: options.drafters, sampling: options.sampling,
            branch: place.branch.child(slot: request.slot, origin: request.origin), textStart: promptLength,
            stop: StopRule(
                separator: Array(models.format.separator.utf8), endTokens: models.endTokens,
                maxTokens: options.parameters.thoughtTokens))
    }

    /// The thought that was generated, and where its path ends.
    private func read(
        _ generated: Generated, after start: Place, branch: BranchKey
    ) -> (place: Place, thought: WrittenThought) {
        var stream = start.text
        let text = generated.tokens.map { stream.append($0) }.joined()
        let sum = generated.logProbabilities.reduce(0, +)
        let thought = WrittenThought(
            text: text, tokens: generated.tokens, end: generated.end,
            meanLogProbability: sum / Float(max(1, generated.tokens.count)))
        return (Place(node: generated.node, branch: branch, text: stream), thought)
    }
}
