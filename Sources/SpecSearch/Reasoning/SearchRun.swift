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
    private var search: Search?
    /// What the search was told so far.
    private var told: [Told] = []
    /// The state to go on from, until that is done.
    private var saved: SavedSearch?
    private var prompt: Place?
    private var promptLength = 0
    private var session: (any ScoringSession)?
    /// Where the paths end that the search may still continue; each is held once.
    private var places: [Thought.ID: Place] = [:]
    private var costs = Counters()
    /// Of the recomputed rows, those of the scorer.
    private var rowsRescored = 0
    /// Thoughts that the scorer has read and may still know.
    private var judged: Set<Thought.ID> = []
    private var duration = Duration.zero
    /// When the step in progress began.
    private var lap: ContinuousClock.Instant?
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
    }

    /// A search that goes on where one was saved.
    convenience init(continuing saved: SavedSearch, _ models: ReasonerModels) {
        self.init(saved.question, models, saved.options)
        self.saved = saved
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
        lap = start
        defer {
            lap = nil
            duration += ContinuousClock.now - start
            times = times + models.scheduler.times - busy
        }
        if isFinished { return nil }
        do throws(ReasonerError) {
            if prompt == nil {
                let events = try await begin()
                if !events.isEmpty { return events }
            }
            guard !Task.isCancelled else { throw ReasonerError.generation(.cancelled) }
            if isLate {
                // Nothing happens in a search that has ended.
                let events = stop(.time)
                if !events.isEmpty { return events }
            }
            switch search?.ask() {
            case .write(let requests): return try await write(requests)
            case .score(let thoughts): return try await score(thoughts)
            case .check(let thoughts): return try await check(thoughts)
            case .finished, nil:
                await end()
                return nil
            }
        } catch {
            await end()
            throw error
        }
    }

    /// The search as it is now, to be continued later.
    func save() async -> SavedSearch {
        var saved = SavedSearch(
            question: question, options: options, origin: await models.scheduler.origin,
            scorer: models.scorer?.identity ?? "none")
        (saved.told, saved.costs, saved.duration) = (told, costs, duration)
        return saved
    }

    /// The answer, once the search has ended.
    var answer: Answer? {
        guard let search, case .finished(var outcome) = search.ask() else { return nil }
        outcome.counters += costs
        return Answer(
            question: question, options: options, outcome: outcome, memory: search.memory, duration: duration,
            times: times)
    }

    /// Begins, or goes on with what was saved.
    ///
    /// - Returns: what happened before it was saved.
    private func begin() async throws(ReasonerError) -> [SearchEvent] {
        guard options.policy == .plain || models.hasDraft else { throw .noDraftModel(options.policy) }
        guard let scorer = models.scorer else { throw .noScorer }
        do { search = try Search(options, format: models.format) } catch { throw .search(error) }
        let tokens = try models.prompts.tokens(of: question)
        promptLength = tokens.count
        do {
            prompt = Place(
                node: try await models.scheduler.open(tokens), branch: .root,
                text: TextStream(models.prompts.tokenizer, skipsSpecialTokens: true, continuesText: true))
        } catch { throw .generation(error) }
        do { session = try await scorer.begin(question: question) } catch { throw .scorer(error) }
        return try await restore(behind: tokens)
    }

    /// Goes on with what was saved, if anything was.
    private func restore(behind prompt: [Int32]) async throws(ReasonerError) -> [SearchEvent] {
        guard let saved else { return [] }
        self.saved = nil
        let origin = await models.scheduler.origin
        guard saved.origin == origin else {
            throw .saved(.otherOrigin("models, kernels or modes", found: "\(saved.origin)", expected: "\(origin)"))
        }
        if let scorer = models.scorer?.identity, scorer != saved.scorer {
            throw .saved(.otherOrigin("reward models", found: saved.scorer, expected: scorer))
        }
        let (search, events): (Search, [SearchEvent])
        do { (search, events) = try saved.restored(models.format) } catch { throw .saved(error) }
        self.search = search
        (told, costs, duration) = (saved.told, saved.costs, duration + saved.duration)
        for id in search.held where search.tree[id].state != .rejected && !options.strategy.writesSolutions {
            places[id] = try await place(of: id, in: search.tree, behind: prompt)
        }
        return events
    }

    /// The end of a thought's path, with what stands on it.
    private func place(
        of id: Thought.ID, in tree: ThoughtTree, behind prompt: [Int32]
    ) async throws(ReasonerError) -> Place {
        var (tokens, branch) = (prompt, BranchKey.root)
        var text = TextStream(models.prompts.tokenizer, skipsSpecialTokens: true, continuesText: true)
        for thought in tree.path(of: id).map({ tree[$0] }) {
            tokens += thought.tokens
            branch = branch.child(slot: thought.slot, origin: thought.origin)
            for token in thought.tokens { _ = text.append(token) }
        }
        do {
            return Place(node: try await models.scheduler.open(tokens), branch: branch, text: text)
        } catch { throw .generation(error) }
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
        do {
            result = try await inTime { [scheduler = models.scheduler] () async throws(DecodingError) in
                try await scheduler.generate(generation)
            }
        } catch {
            if isLate, !Task.isCancelled { return stop(.time) }
            throw .generation(error)
        }
        let reader = ThoughtReader(stopRule(maxTokens: .max), models.prompts.tokenizer)
        var ends: [Place] = []
        var texts: [[WrittenThought]] = []
        for (index, generated) in result.generated.enumerated() {
            var text = start(of: requests[index]).text
            texts.append(reader.thoughts(in: generated, requests[index].extent, after: &text))
            ends.append(Place(node: generated.node, branch: generation[index].branch, text: text))
        }
        let first = search?.tree.count ?? 0
        let events: [SearchEvent]
        do { events = try tell(.written(texts)) } catch {
            await models.scheduler.release(ends.map(\.node))
            throw .search(error)
        }
        await keep(ends, of: requests, from: first)
        await count(Counters(result.counters))
        await forget()
        return events
    }

    /// Keeps the ends of the paths that became new thoughts; a repeated or empty text is none of its own, and behind a
    /// solution nothing follows.
    private func keep(_ ends: [Place], of requests: [WriteRequest], from first: Thought.ID) async {
        var idle: [NodeID] = []
        for (end, request) in zip(ends, requests) {
            let thought = search?.tree.thoughts[first...].first {
                $0.parent == request.parent && $0.slot == request.slot && $0.origin == request.origin
            }
            if let thought, request.extent == .thought { places[thought.id] = end } else { idle.append(end.node) }
        }
        await models.scheduler.release(idle)
    }

    private func score(_ thoughts: [Thought.ID]) async throws(ReasonerError) -> [SearchEvent] {
        guard let session, let tree = search?.tree else { throw .noScorer }
        let scores: [Float]
        judged.formUnion(thoughts)
        do { scores = try await session.scores(for: thoughts, in: tree) } catch {
            // The end of the context is no error, but the end of the search.
            guard let own = error as? ReasonerError else { throw .scorer(error) }
            guard case .generation(.contextTooLong) = own else { throw own }
            return stop(.context)
        }
        let events: [SearchEvent]
        do { events = try tell(.scores(scores)) } catch { throw .search(error) }
        let memory = await models.scheduler.memory
        var held = Counters()
        (held.kvBytesPeak, held.kvBytesUnshared) = (memory.bytesInUse, memory.unsharedBytes)
        await count(held)
        await forget()
        return events
    }

    private func check(_ thoughts: [Thought.ID]) async throws(ReasonerError) -> [SearchEvent] {
        let passages = thoughts.compactMap { id in
            places[id].flatMap { place in
                (search?.tree[id].tokens.count).map { count in
                    Scheduler.Passage(
                        end: place.node, tokens: count, sampling: options.sampling, textStart: promptLength)
                }
            }
        }
        let result: ReadingResult
        do { result = try await models.scheduler.read(passages) } catch { throw .generation(error) }
        let checks = result.readings.map { reading in
            DraftCheck(
                plausibility: reading.plausibilities.reduce(1, min),
                probability: reading.drawProbabilities.reduce(1, *))
        }
        let events: [SearchEvent]
        do { events = try tell(.checks(checks)) } catch { throw .search(error) }
        await count(Counters(result.counters))
        await forget()
        return events
    }

    private func tell(_ answer: Told) throws(SearchError) -> [SearchEvent] {
        let events = try search?.tell(answer) ?? []
        told.append(answer)
        return events
    }

    private func stop(_ reason: SearchOutcome.Reason) -> [SearchEvent] { search?.stop(reason) ?? [] }

    /// Lets go of the paths that nothing will continue; the scorer keeps rejected drafts until their level ends, since only
    /// then it is known which corrections repeat one.
    private func forget() async {
        guard let search else { return }
        let held = Set(search.held)
        let isDead = { (id: Thought.ID) in !held.contains(id) || search.tree[id].state == .rejected }
        let dead = places.keys.filter(isDead)
        await models.scheduler.release(dead.compactMap { places.removeValue(forKey: $0)?.node })
        let read = judged.subtracting(held)
        judged.formIntersection(held)
        await session?.forget(read.sorted(), in: search.tree)
    }

    // MARK: Time

    /// Whether the time budget is used up.
    private var isLate: Bool { timeLeft.map { $0 <= .zero } ?? false }

    private var timeLeft: Duration? {
        options.parameters.timeBudget.map { $0 - duration - (lap.map { ContinuousClock.now - $0 } ?? .zero) }
    }

    /// Cancels work that takes longer than there is time.
    private func inTime(
        _ work: @escaping @Sendable () async throws(DecodingError) -> GenerationResult
    ) async throws(DecodingError) -> GenerationResult {
        guard let timeLeft else { return try await work() }
        let task = Task { () async -> Result<GenerationResult, DecodingError> in
            do throws(DecodingError) { return .success(try await work()) } catch { return .failure(error) }
        }
        let alarm = Task {
            try await Task.sleep(for: timeLeft)
            task.cancel()
        }
        defer { alarm.cancel() }
        return try await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }.get()
    }

    // MARK: Costs

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
            stop: stopRule(
                maxTokens: request.maxTokens, separator: request.extent == .thought))
    }

    /// Where a thought ends, or a text without a separator.
    private func stopRule(maxTokens: Int, separator: Bool = true) -> StopRule {
        StopRule(
            separator: separator ? Array(models.format.separator.utf8) : [], endTokens: models.endTokens,
            maxTokens: maxTokens)
    }
}
