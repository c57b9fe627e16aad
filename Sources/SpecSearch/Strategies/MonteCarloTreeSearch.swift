internal import Decoding

/// Monte Carlo tree search over thoughts: OpenR's `vanila_mcts`, on which SpecSearch (ICML 2025) builds.
///
/// Each iteration descends from the question to the end of a path, by the child with the highest
///
///     Q + P · √n_parent / (1 + n) · (ln((n_parent + 19652 + 1) / 19652) + 1.25)
///
/// where n counts visits, Q is the mean value of the ends that were reached through a child, or its own value before the
/// first visit, and P is exp of its tokens' mean log-probability under whoever wrote it, as a share of its siblings'. What is
/// not expanded yet is, on the way.
struct MonteCarloTreeSearch: Strategy {
    private static let (base, initial) = (19652.0, 1.25)

    /// What is known of a thought, or of the question.
    private struct Statistics {
        var visits = 0
        var total = 0.0
        /// Its children, in the order of creation; nil before it is expanded.
        var children: [Thought.ID]?
    }

    private var statistics: [Thought.ID?: Statistics] = [:]
    /// The end of the path of the descent in progress.
    private var place: Thought.ID?
    private var expansion: Expansion?
    private var iterations = 0

    var isCorrecting: Bool { expansion?.batch == .corrections }

    /// Everything that is not rejected may be descended to once more.
    var held: [Thought.ID] {
        statistics.values.flatMap { $0.children ?? [] } + (expansion.map { $0.candidates + $0.rejected } ?? [])
    }

    mutating func next(after written: [Thought.ID], _ record: inout SearchRecord) -> Step {
        if expansion != nil {
            if let step = expansion?.next(after: written, &record) { return step }
            endExpansion(&record)
        }
        while iterations < record.parameters.iterations {
            if let child = bestChild(record.tree) {
                place = child
            } else if statistics[place]?.children == nil, !isEnd(record) {
                return expand(record)
            } else if place == nil {
                return .end(.exhausted)
            } else {
                backUp(record.tree)
            }
        }
        return .end(result(record).best?.isFinal ?? false ? .answered : .iterations)
    }

    mutating func stop(after written: [Thought.ID], _ record: inout SearchRecord) {
        expansion?.learn(&record)
        endExpansion(&record)
    }

    func result(_ record: SearchRecord) -> SearchResult {
        let known = statistics.values.flatMap { $0.children ?? [] }.map { record.tree[$0] }
        let finished = known.filter(\.isFinal)
        // A path that is not finished counts if nothing was found behind it.
        let open = known.filter { statistics[$0.id]?.children?.isEmpty ?? true }
        let best = (finished.isEmpty ? open : finished).min(by: Thought.isBetter)
        return SearchResult(best: best, answer: record.format.answer(in: record.tree.text(of: best?.id)))
    }

    // MARK: A descent

    /// Whether nothing may continue the place.
    private func isEnd(_ record: SearchRecord) -> Bool {
        place.map { record.tree[$0].isFinal || record.tree[$0].depth == record.parameters.depth } ?? false
    }

    private mutating func expand(_ record: SearchRecord) -> Step {
        let depth = (place.map { record.tree[$0].depth } ?? 0) + 1
        var expansion = Expansion(depth: depth, paths: [Expansion.Path(parent: place)])
        let requests = expansion.begin(record)
        self.expansion = expansion
        return .write(requests)
    }

    private mutating func endExpansion(_ record: inout SearchRecord) {
        guard let expansion else { return }
        statistics[place, default: Statistics()].children = expansion.candidates.filter { record.tree[$0].value != nil }
        self.expansion = nil
        guard !expansion.candidates.isEmpty else { return }
        record.counters.levels += 1
        record.events.append(
            .levelFinished(depth: expansion.depth, threshold: record.threshold(afterDepth: expansion.depth)))
    }

    /// Adds the value of the place to everything on its path, and goes back to the question.
    private mutating func backUp(_ tree: ThoughtTree) {
        let value = place.flatMap { tree[$0].value } ?? 0
        for id in [nil] + tree.path(of: place).map(Optional.some) {
            statistics[id, default: Statistics()].visits += 1
            statistics[id, default: Statistics()].total += Double(value)
        }
        place = nil
        iterations += 1
    }

    /// The child of the place to descend to; of equal ones the first; nil if there is none.
    private func bestChild(_ tree: ThoughtTree) -> Thought.ID? {
        guard let parent = statistics[place], let children = parent.children else { return nil }
        let weights = children.map { Elementary.exp(Double(tree[$0].meanLogProbability)) }
        let total = weights.reduce(0, +)
        let visits = Double(parent.visits)
        let rate = Elementary.log((visits + Self.base + 1) / Self.base) + Self.initial
        var best: (id: Thought.ID, score: Double)?
        for (id, weight) in zip(children, weights) {
            let child = statistics[id] ?? Statistics()
            let quality = child.visits > 0 ? child.total / Double(child.visits) : Double(tree[id].value ?? 0)
            let prior = total > 0 ? weight / total : 0
            let score = quality + prior * visits.squareRoot() / Double(1 + child.visits) * rate
            if score > best?.score ?? -.infinity { best = (id, score) }
        }
        return best?.id
    }
}
