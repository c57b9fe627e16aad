internal import Decoding

/// Beam search over thoughts, as a value that never runs a model: it asks, is told, and asks again.
///
/// Algorithms 1 and 2 of SpecSearch (ICML 2025). Each level continues every live path by N thoughts, and the b best of
/// all paths together go on (`Beam`). Under `paper` a level has two steps: the draft model writes 2N thoughts per path,
/// of which those with V ≥ β compete, at most N (`Acceptance`); then the target writes what is missing, for all
/// paths in one batch. The first level, and every level of the other policies, is all the target's.
///
/// What is asked and decided depends on nothing but the parameters and what was told. Copies go their own ways.
///
///     var search = BeamSearch(policy: .paper, format: format)
///     while true {
///         switch search.ask() {
///         case .write(let requests): try search.tell(written: models.write(requests))
///         case .score(let thoughts): try search.tell(scores: models.score(thoughts, of: search.tree))
///         case .finished(let outcome): return outcome
///         }
///     }
public struct BeamSearch: Sendable {
    /// N, b, K and θ.
    public let parameters: SearchParameters
    /// Who writes thoughts.
    public let policy: SpeculationPolicy
    /// What marks an answer.
    public let format: PromptFormat

    /// All thoughts so far.
    public private(set) var tree = ThoughtTree()
    /// β for the next level to be judged; nil before the first level is judged, and where nothing is drafted.
    public private(set) var threshold: Threshold?
    /// What the search took so far, of which it counts thoughts and levels.
    public private(set) var counters = Counters()
    /// How many tokens both models wrote so far, those of merged and dropped thoughts included.
    public private(set) var tokensWritten = 0

    private var beam: Beam
    private var level: Level
    private var next: Ask
    /// What happened since the last `tell` began.
    private var events: [SearchEvent] = []

    /// A search that has not begun: it asks for N thoughts of the target after the question.
    public init(parameters: SearchParameters = .standard, policy: SpeculationPolicy, format: PromptFormat) {
        self.parameters = parameters
        self.policy = policy
        self.format = format
        beam = Beam(size: parameters.beams)
        level = Level(depth: 1, parents: [nil], batch: .own)
        next = .write(level.requests(origin: .target, counts: [parameters.width]))
    }

    /// What the search needs next: the same until it is told.
    public func ask() -> Ask { next }

    /// Takes what the models wrote for `ask()`, in the order of its requests.
    ///
    /// - Returns: what happened.
    /// - Throws: `SearchError`, and changes nothing, if no thoughts were asked for, or not so many.
    @discardableResult
    public mutating func tell(written: [WrittenThought]) throws(SearchError) -> [SearchEvent] {
        guard case .write(let requests) = next else {
            throw .notAsked(told: "thoughts", expected: next.expectation)
        }
        guard written.count == requests.count else {
            throw .wrongCount(of: "thoughts", found: written.count, expected: requests.count)
        }
        events = []
        for (thought, request) in zip(written, requests) { admit(thought, for: request) }
        let unjudged = level.written.filter { tree[$0].score == nil }
        if unjudged.isEmpty { endBatch() } else { next = .score(unjudged) }
        return events
    }

    /// Takes the scores of the thoughts of `ask()`, in its order. In which order they were computed does not matter.
    ///
    /// - Returns: what happened.
    /// - Throws: `SearchError`, and changes nothing, if no scores were asked for, or not so many, or one of them is not
    ///   a number from 0 to 1.
    @discardableResult
    public mutating func tell(scores: [Float]) throws(SearchError) -> [SearchEvent] {
        guard case .score(let thoughts) = next else { throw .notAsked(told: "scores", expected: next.expectation) }
        guard scores.count == thoughts.count else {
            throw .wrongCount(of: "scores", found: scores.count, expected: thoughts.count)
        }
        for (id, score) in zip(thoughts, scores) where !(0...1).contains(score) {
            throw .invalidScore(thought: id, found: score)
        }
        events = []
        for (id, score) in zip(thoughts, scores) {
            tree[id].score = score
            events.append(.scored(id, score: score))
        }
        endBatch()
        return events
    }

    /// Ends the search now, with the best path so far; the way to keep a time limit or to cancel.
    ///
    /// Drafts that were accepted on an unfinished level still compete; whatever is not judged is pruned.
    ///
    /// - Parameter reason: why, for the outcome.
    /// - Returns: what happened: nothing if the search had ended.
    @discardableResult
    public mutating func stop(_ reason: SearchOutcome.Reason = .stopped) -> [SearchEvent] {
        events = []
        if case .finished = next { return [] }
        select()
        finish(reason)
        return events
    }

    // MARK: The steps of a level, in their order

    /// Gives a text its place in the tree.
    private mutating func admit(_ written: WrittenThought, for request: WriteRequest) {
        tokensWritten += written.tokens.count
        if level.batch == .drafts { counters.thoughtsDrafted += 1 }
        if level.batch == .corrections { counters.thoughtsCorrected += 1 }
        let isFinal = written.end == .endOfText || completesAnswer(written.text, after: request.parent)
        switch tree.admit(written, for: request, isFinal: isFinal) {
        case .new(let id):
            level.written.append(id)
            events.append(level.batch == .corrections ? .corrected(tree[id]) : .proposed(tree[id]))
            if let score = tree[id].score { events.append(.scored(id, score: score)) }
        case .duplicate(let twin): events.append(.merged(into: twin))
        case .blank: break
        }
    }

    /// Whether a path holds an answer with a text but not without it; the mark may have begun in an earlier thought,
    /// which the length cap ended.
    private func completesAnswer(_ text: String, after parent: Thought.ID?) -> Bool {
        format.answer(in: tree.text(of: parent) + text) != nil
    }

    /// Goes on when all thoughts of a batch are judged.
    private mutating func endBatch() {
        let judged = level.written
        level.written = []
        guard level.batch == .drafts, let threshold else {
            level.candidates += judged
            return endLevel()
        }
        let acceptance = Acceptance(
            drafts: judged.map { tree[$0] }, parents: level.parents, threshold: threshold, width: parameters.width)
        level.candidates = acceptance.accepted
        counters.thoughtsAccepted += acceptance.accepted.count
        for id in acceptance.rejected { tree[id].state = .rejected }
        let isAccepted = Set(acceptance.accepted)
        events += judged.map { isAccepted.contains($0) ? .accepted($0) : .rejected($0) }
        correct(acceptance.missing)
    }

    /// Asks the target for the thoughts that are missing, in one batch over all beams.
    private mutating func correct(_ missing: [Int]) {
        level.batch = .corrections
        let requests = level.requests(origin: .target, counts: missing)
        if requests.isEmpty { counters.levelsWithoutCorrection += 1 }
        if requests.isEmpty || isBudgetSpent { endLevel() } else { next = .write(requests) }
    }

    /// Selects, and begins the next level unless the search has ended.
    private mutating func endLevel() {
        guard select() else { return finish(isBudgetSpent ? .budget : .exhausted) }
        if beam.places == 0 { return finish(.answered) }
        if beam.live.isEmpty { return finish(.exhausted) }
        if level.depth == parameters.depth { return finish(.depth) }
        if isBudgetSpent { return finish(.budget) }
        let drafts = policy.draftsThoughts
        level = Level(depth: level.depth + 1, parents: beam.live, batch: drafts ? .drafts : .own)
        let count = drafts ? 2 * parameters.width : parameters.width
        next = .write(
            level.requests(
                origin: drafts ? .draft : .target, counts: beam.live.map { _ in count }))
    }

    /// Updates β and keeps the best candidates of the level; returns false, and does nothing, if it has none.
    @discardableResult
    private mutating func select() -> Bool {
        let candidates = level.candidates.map { tree[$0] }
        guard let best = candidates.compactMap(\.score).max() else { return false }
        if policy.draftsThoughts {
            if threshold == nil {
                threshold = Threshold(theta: parameters.theta, best: best)
            } else {
                threshold?.update(best: best)
            }
        }
        let kept = Set(beam.select(from: candidates).map(\.id))
        for id in level.candidates {
            tree[id].state = kept.contains(id) ? .kept : .pruned
            events.append(kept.contains(id) ? .kept(id) : .pruned(id))
        }
        counters.levels += 1
        events.append(.levelFinished(depth: level.depth, threshold: threshold?.value))
        return true
    }

    private mutating func finish(_ reason: SearchOutcome.Reason) {
        for id in level.written where tree[id].state == .open {
            tree[id].state = .pruned
            events.append(.pruned(id))
        }
        let best = beam.best(in: tree)
        let text = tree.text(of: best?.id)
        let outcome = SearchOutcome(
            tree: tree, path: tree.path(of: best?.id), text: text, answer: format.answer(in: text),
            isComplete: best?.isFinal ?? false, reason: reason, strategy: .beam, policy: policy, counters: counters)
        next = .finished(outcome)
        events.append(.finished(outcome))
    }

    private var isBudgetSpent: Bool { parameters.tokenBudget.map { tokensWritten >= $0 } ?? false }
}

extension Ask {
    /// What is waited for, in the words of an error.
    fileprivate var expectation: String {
        switch self {
        case .write(let requests): "\(requests.count) thoughts"
        case .score(let thoughts): "\(thoughts.count) scores"
        case .finished: "nothing, because it has ended"
        }
    }
}
