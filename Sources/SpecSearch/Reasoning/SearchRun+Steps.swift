internal import CacheTree
internal import Compute
internal import Decoding

/// Judging and asking about thoughts, as a search wants it.
extension SearchRun {
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
}
