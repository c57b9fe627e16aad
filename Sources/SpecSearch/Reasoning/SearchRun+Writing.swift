internal import CacheTree
internal import Compute
internal import Decoding
internal import Tokenization

/// Writing texts, as a search wants it.
extension SearchRun {
    func write(_ requests: [WriteRequest]) async throws(ReasonerError) -> [SearchEvent] {
        let known = requests.map { ahead.removeValue(forKey: $0) }
        await forgetAhead()
        let open = zip(requests, known).filter { $1 == nil }.map(\.0)
        let foreseen = mayDraftAhead ? search?.foreseen ?? [] : []
        guard let (generated, costs) = try await generate(open + foreseen, beside: known.compactMap(\.self)) else {
            return stop(.time)
        }
        for (request, text) in zip(foreseen, generated[open.count...]) { ahead[request] = text }
        var written = generated[..<open.count]
        let results = known.map { $0 ?? written.removeFirst() }
        let reader = ThoughtReader(stopRule(maxTokens: .max), models.prompts.tokenizer)
        var ends: [Place] = []
        var texts: [[WrittenThought]] = []
        for (request, result) in zip(requests, results) {
            let start = start(of: request)
            var text = start.text
            texts.append(reader.thoughts(in: result, request.extent, after: &text))
            ends.append(Place(node: result.node, branch: start.branch(of: request), text: text))
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

    /// What is drafted ahead shares the passes of corrections, and would take from them where time or texts are counted.
    private var mayDraftAhead: Bool {
        let parameters = options.parameters
        return options.draftsAhead && !options.isSerial && parameters.timeBudget == nil
            && parameters.tokenBudget == nil && parameters.thoughtBudget == nil
    }

    /// Lets the models write, all together or one after the other.
    ///
    /// - Parameter known: what is there already, and released if this fails.
    /// - Returns: the texts, and what they cost; nil if the time is up.
    private func generate(
        _ requests: [WriteRequest], beside known: [Generated]
    ) async throws(ReasonerError) -> ([Generated], Counters)? {
        let generation = requests.map { generationRequest(for: $0) }
        var (results, costs): ([Generated], Counters) = ([], Counters())
        for batch in options.isSerial ? generation.map({ [$0] }) : [generation] where !batch.isEmpty {
            do {
                let result = try await inTime { [scheduler = models.scheduler] () async throws(DecodingError) in
                    try await scheduler.generate(batch)
                }
                results += result.generated
                costs += Counters(result.counters)
            } catch {
                await models.scheduler.release((known + results).map(\.node))
                if isLate, !Task.isCancelled { return nil }
                throw .generation(error)
            }
        }
        return (results, costs)
    }

    /// Lets go of drafts that nobody asked for.
    func forgetAhead() async {
        await models.scheduler.release(ahead.values.map(\.node))
        ahead = [:]
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
            branch: place.branch(of: request), textStart: promptLength,
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
