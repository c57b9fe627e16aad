internal import CacheTree
internal import Compute
internal import Decoding
internal import Tokenization

/// What a search asks for, done by the models.
extension SearchRun {
    func write(_ requests: [WriteRequest]) async throws(ReasonerError) -> [SearchEvent] {
        let generation = requests.map { generationRequest(for: $0) }
        let batches = options.isSerial ? generation.map { [$0] } : [generation]
        var (results, costs): ([Generated], Counters) = ([], Counters())
        for batch in batches {
            do {
                let result = try await inTime { [scheduler = models.scheduler] () async throws(DecodingError) in
                    try await scheduler.generate(batch)
                }
                results += result.generated
                costs += Counters(result.counters)
            } catch {
                await models.scheduler.release(results.map(\.node))
                if isLate, !Task.isCancelled { return stop(.time) }
                throw .generation(error)
            }
        }
        let reader = ThoughtReader(stopRule(maxTokens: .max), models.prompts.tokenizer)
        var ends: [Place] = []
        var texts: [[WrittenThought]] = []
        for (index, generated) in results.enumerated() {
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
        await count(costs)
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

    func score(_ thoughts: [Thought.ID]) async throws(ReasonerError) -> [SearchEvent] {
        let scores: [Float]
        switch options.scoring {
        case .reward:
            guard let rewards = try await rewards(of: thoughts) else { return stop(.context) }
            scores = rewards
        case .likelihood: scores = try await likelihoods(of: thoughts)
        case .selfCertainty: scores = try await selfCertainties(of: thoughts)
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

    /// What the reward model says; nil at the end of its context, which is no error, but the end of the search.
    private func rewards(of thoughts: [Thought.ID]) async throws(ReasonerError) -> [Float]? {
        guard let session, let tree = search?.tree else { throw .noScorer }
        judged.formUnion(thoughts)
        do { return try await session.scores(for: thoughts, in: tree) } catch {
            guard let own = error as? ReasonerError else { throw .scorer(error) }
            guard case .generation(.contextTooLong) = own else { throw own }
            return nil
        }
    }

    /// The geometric means of the probabilities that the target gives to the tokens.
    private func likelihoods(of thoughts: [Thought.ID]) async throws(ReasonerError) -> [Float] {
        let means = try await targetValues(of: thoughts) {
            $0.meanLogProbability
        } read: { reading in
            reading.logProbabilities.reduce(0, +) / Float(max(1, reading.logProbabilities.count))
        }
        return means.map { Float(Elementary.exp(Double($0))) }
    }

    private func selfCertainties(of thoughts: [Thought.ID]) async throws(ReasonerError) -> [Float] {
        try await targetValues(of: thoughts) {
            $0.selfCertainty
        } read: {
            Scoring.selfCertainty($0.certainties)
        }
    }

    /// What the target says of thoughts: noted when it wrote them, or read off drafts.
    private func targetValues(
        of thoughts: [Thought.ID], noted: (Thought) -> Float?, read: (TokenReading) -> Float
    ) async throws(ReasonerError) -> [Float] {
        guard let tree = search?.tree else { return [] }
        let drafts = thoughts.filter { tree[$0].origin == .draft }
        var values: [Thought.ID: Float] = [:]
        for (id, reading) in zip(drafts, try await self.read(drafts)) { values[id] = read(reading) }
        return thoughts.map { values[$0] ?? noted(tree[$0]) ?? .nan }
    }

    func check(_ thoughts: [Thought.ID]) async throws(ReasonerError) -> [SearchEvent] {
        let checks = try await read(thoughts).map { reading in
            DraftCheck(
                plausibility: reading.plausibilities.reduce(1, min),
                probability: reading.drawProbabilities.reduce(1, *))
        }
        let events: [SearchEvent]
        do { events = try tell(.checks(checks)) } catch { throw .search(error) }
        await forget()
        return events
    }

    /// Lets the target read thoughts that are held.
    private func read(_ thoughts: [Thought.ID]) async throws(ReasonerError) -> [TokenReading] {
        let passages = thoughts.compactMap { id in
            places[id].flatMap { place in
                (search?.tree[id].tokens.count).map { count in
                    Scheduler.Passage(
                        end: place.node, tokens: count, sampling: options.sampling, textStart: promptLength)
                }
            }
        }
        guard !passages.isEmpty else { return [] }
        let result: ReadingResult
        do { result = try await models.scheduler.read(passages) } catch { throw .generation(error) }
        await count(Counters(result.counters))
        return result.readings
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
            stop: stopRule(maxTokens: request.maxTokens, separator: request.extent == .thought),
            measuresCertainty: options.scoring == .selfCertainty && request.origin == .target)
    }

    /// Where a thought ends, or a text without a separator.
    private func stopRule(maxTokens: Int, separator: Bool = true) -> StopRule {
        StopRule(
            separator: separator ? Array(models.format.separator.utf8) : [], endTokens: models.endTokens,
            maxTokens: maxTokens)
    }
}
