/// Beam search over thoughts, SpecSearch (ICML 2025), Algorithm 2, and diverse verifier tree search (Beeching et al., 2024).
///
/// Each level continues every live path by N thoughts, and the b best of all paths together go on. With diverse trees there
/// are b searches of one path each from the question on, which never compete with each other.
struct BeamSearch: Strategy {
    private var beams: [Beam]
    private var level: Expansion?

    /// - Parameter beams: those that share nothing but their batches.
    init(beams: [Beam]) { self.beams = beams }

    var isCorrecting: Bool { level?.batch == .corrections }

    var held: [Thought.ID] {
        guard let level else { return [] }
        return level.paths.compactMap(\.parent) + level.candidates + level.rejected
    }

    mutating func next(after written: [Thought.ID], _ record: inout SearchRecord) -> Step {
        guard level != nil else { return beginLevel(1, record) }
        return level?.next(after: written, &record) ?? endLevel(&record)
    }

    mutating func stop(after written: [Thought.ID], _ record: inout SearchRecord) {
        level?.learn(&record)
        select(&record)
    }

    func result(_ record: SearchRecord) -> SearchResult {
        let best = beams.compactMap { $0.best(in: record.tree) }.min {
            $0.isFinal == $1.isFinal ? Thought.isBetter($0, $1) : $0.isFinal
        }
        return SearchResult(best: best, answer: record.format.answer(in: record.tree.text(of: best?.id)))
    }

    // MARK: Levels

    private mutating func beginLevel(_ depth: Int, _ record: SearchRecord) -> Step {
        var level = expansion(depth, of: beams, record)
        let requests = level.begin(record)
        self.level = level
        return .write(requests)
    }

    private func expansion(_ depth: Int, of beams: [Beam], _ record: SearchRecord) -> Expansion {
        let paths = beams.enumerated().flatMap { number, beam in
            beam.live.map { parent in
                // Trees that begin at the same question write into slots of their own.
                Expansion.Path(
                    parent: parent, firstSlot: parent == nil ? number * record.parameters.mostSlots : 0, pool: number)
            }
        }
        return Expansion(depth: depth, paths: paths, places: beams.map(\.places))
    }

    func foreseen(_ record: SearchRecord) -> [WriteRequest] {
        guard let level, isCorrecting, level.depth < record.parameters.depth else { return [] }
        var next = beams
        for pool in next.indices { _ = next[pool].select(from: level.candidates(in: pool, of: record.tree)) }
        return expansion(level.depth + 1, of: next, record).drafts(record.parameters)
    }

    /// Selects, and begins the next level unless the search has ended.
    private mutating func endLevel(_ record: inout SearchRecord) -> Step {
        guard let depth = level?.depth, select(&record) else { return .end(.exhausted) }
        if beams.allSatisfy({ $0.places == 0 }) { return .end(.answered) }
        if beams.allSatisfy(\.live.isEmpty) { return .end(.exhausted) }
        if depth == record.parameters.depth { return .end(.depth) }
        return beginLevel(depth + 1, record)
    }

    /// Keeps the best candidates of the level; returns false, and does nothing, if it has none.
    @discardableResult
    private mutating func select(_ record: inout SearchRecord) -> Bool {
        guard let level, !level.candidates.isEmpty else { return false }
        var kept: Set<Thought.ID> = []
        for pool in beams.indices {
            kept.formUnion(beams[pool].select(from: level.candidates(in: pool, of: record.tree)).map(\.id))
        }
        for id in level.candidates { record.decide(id, kept.contains(id) ? .kept : .pruned) }
        record.counters.levels += 1
        record.events.append(
            .levelFinished(depth: level.depth, threshold: record.threshold(afterDepth: level.depth)))
        self.level = nil
        return true
    }
}
