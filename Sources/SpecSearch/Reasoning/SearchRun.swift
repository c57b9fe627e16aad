internal import CacheTree
internal import Compute
internal import Decoding
internal import Tokenization

/// One search on its way: asks the search core what it needs, has the models do it, and tells the core.
///
/// It computes only when the next events are wanted, and gives all memory back when it ends or is dropped. It lives on the
/// compute thread: going to another one and back takes as long as a pass of a small model.
actor SearchRun {
    let question: String
    let models: ReasonerModels
    let options: SearchOptions
    var search: Search?
    /// What the search was told so far.
    var told: [Told] = []
    /// The state to go on from, until that is done.
    var saved: SavedSearch?
    var prompt: Place?
    var promptLength = 0
    var session: (any ScoringSession)?
    /// Where the paths end that the search may still continue; each is held once.
    var places: [Thought.ID: Place] = [:]
    /// Drafts that were written before they were asked for.
    var ahead: [WriteRequest: Generated] = [:]
    var costs = Counters()
    /// What judging has cost when that was last asked.
    private var scored = ScoringCosts()
    /// Thoughts that the scorer has read and may still know.
    var judged: Set<Thought.ID> = []
    var duration = Duration.zero
    /// When the step in progress began.
    private var lap: ContinuousClock.Instant?
    private var times = PhaseTimes()
    private var isFinished = false

    /// The end of a path in the tree of tokens, whose noise continues it, and its text, which may end in half a
    /// character if a thought was cut.
    struct Place {
        let node: NodeID
        let branch: BranchKey
        let text: TextStream

        /// The noise of what a request has written here.
        func branch(of request: WriteRequest) -> BranchKey {
            branch.child(slot: request.slot, origin: request.origin)
        }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { models.scheduler.unownedExecutor }

    init(_ question: String, _ models: ReasonerModels, _ options: SearchOptions, continuing saved: SavedSearch? = nil) {
        self.question = question
        self.models = models
        self.options = options
        self.saved = saved
    }

    deinit {
        guard let prompt else { return }
        let nodes = places.values.map(\.node) + ahead.values.map(\.node) + [prompt.node]
        let (scheduler, session) = (models.scheduler, session)
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
        guard options.scoring != .reward || models.scorer != nil else { throw .noScorer }
        do { search = try Search(options, format: models.format) } catch { throw .search(error) }
        let tokens = try models.prompts.tokens(of: question)
        promptLength = tokens.count
        do {
            prompt = Place(
                node: try await models.scheduler.open(tokens), branch: .root,
                text: TextStream(models.prompts.tokenizer, skipsSpecialTokens: true, continuesText: true))
        } catch { throw .generation(error) }
        if options.scoring == .reward {
            do { session = try await models.scorer?.begin(question: question) } catch {
                throw error as? ReasonerError ?? .scorer(error)
            }
        }
        return try await restore(behind: tokens)
    }

    private func end() async {
        isFinished = true
        await forgetAhead()
        await models.scheduler.release(places.values.map(\.node) + [prompt].compactMap { $0?.node })
        await session?.end()
        places = [:]
        prompt = nil
        session = nil
    }

    func tell(_ answer: Told) throws(SearchError) -> [SearchEvent] {
        let events = try search?.tell(answer) ?? []
        told.append(answer)
        return events
    }

    func stop(_ reason: SearchOutcome.Reason) -> [SearchEvent] { search?.stop(reason) ?? [] }

    /// Lets go of the paths that nothing will continue; the scorer keeps rejected drafts until their level ends, since only
    /// then it is known which corrections repeat one.
    func forget() async {
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
    var isLate: Bool { timeLeft.map { $0 <= .zero } ?? false }

    private var timeLeft: Duration? {
        options.parameters.timeBudget.map { $0 - duration - (lap.map { ContinuousClock.now - $0 } ?? .zero) }
    }

    /// Cancels work that takes longer than there is time.
    func inTime(
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
    func count(_ step: Counters) async {
        let scoring = await session?.costs() ?? ScoringCosts()
        var step = step
        step.kvBytesPeak += max(scoring.kvBytesPeak, scoring.kvBytes)
        step.kvBytesUnshared += scoring.kvBytesUnshared
        // What the scorer says is for all that it has done.
        step.rewardRows = scoring.rewardRows - scored.rewardRows
        step.rowsRecomputed += scoring.rowsRecomputed - scored.rowsRecomputed
        scored = scoring
        costs += step
    }
}
