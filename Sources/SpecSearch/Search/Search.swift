internal import Decoding

/// A search over thoughts, as a value that never runs a model: it asks, is told, and asks again.
///
/// What is asked and decided depends on nothing but the arguments of `init` and what was told. Copies go their own ways.
///
///     var search = try Search(policy: .paper, format: format)
///     while true {
///         switch search.ask() {
///         case .write(let requests): try search.tell(written: models.write(requests))
///         case .score(let thoughts): try search.tell(scores: models.score(thoughts, of: search.tree))
///         case .check(let thoughts): try search.tell(checks: models.check(thoughts, of: search.tree))
///         case .finished(let outcome): return outcome
///         }
///     }
public struct Search: Sendable {
    /// How the search decides what to continue.
    public let strategy: SearchStrategy
    private var record: SearchRecord
    private var plan: any Strategy
    private var next: Ask
    /// What was written for the requests in progress, as thoughts.
    private var written: [Thought.ID] = []

    /// A search that has not begun.
    ///
    /// - Parameters:
    ///   - strategy: how it decides what to continue.
    ///   - policy: who writes thoughts.
    ///   - parameters: its size and its limits.
    ///   - format: what marks an answer.
    ///   - seed: decides which levels are audited.
    ///   - memory: what is known of scores from other questions.
    /// - Throws: `SearchError.unsupported` for a policy that the strategy does not have, `.invalidParameter`.
    public init(
        strategy: SearchStrategy = .beam, policy: SpeculationPolicy, parameters: SearchParameters = .init(),
        format: PromptFormat, seed: UInt64 = 0, memory: SearchMemory = .init()
    ) throws(SearchError) {
        guard strategy.policies.contains(policy) else { throw .unsupported(policy, strategy) }
        try parameters.check()
        self.strategy = strategy
        record = SearchRecord(
            parameters: parameters, policy: policy, format: format, random: RandomSource(seed: seed),
            memory: memory.forNextQuestion(parameters))
        plan = strategy.plan(parameters)
        next = .write([])
        advance()
    }

    /// A search with the options of a caller.
    init(_ options: SearchOptions, format: PromptFormat) throws(SearchError) {
        try self.init(
            strategy: options.strategy, policy: options.policy, parameters: options.parameters, format: format,
            seed: options.sampling.seed, memory: options.memory)
    }

    /// Takes the answer to `ask()`, of whatever kind.
    @discardableResult
    mutating func tell(_ told: Told) throws(SearchError) -> [SearchEvent] {
        switch told {
        case .written(let texts): try tell(written: texts)
        case .scores(let scores): try tell(scores: scores)
        case .checks(let checks): try tell(checks: checks)
        }
    }

    /// All thoughts so far.
    public var tree: ThoughtTree { record.tree }
    /// What the search took so far, of which it counts thoughts and levels.
    public var counters: Counters { record.counters }
    /// How many tokens both models wrote so far, those of merged and dropped thoughts included.
    public var tokensWritten: Int { record.tokensWritten }
    /// What is known of scores by now, from this question and those before.
    public var memory: SearchMemory { record.memory }
    /// The thoughts that may yet be continued, or about which nothing is decided: what others keep of the rest is idle.
    public var held: [Thought.ID] {
        if case .finished = next { return [] }
        return plan.held + written
    }

    /// Drafts that the search will probably ask for after the texts that it asks for now: whoever has nothing better to do may
    /// write them already. None unless the target corrects a level of a beam search.
    public var foreseen: [WriteRequest] {
        if case .write = next { return plan.foreseen(record) }
        return []
    }

    /// What the search needs next: the same until it is told.
    public func ask() -> Ask { next }

    /// Takes what the models wrote for `ask()`, in the order of its requests: for each the thoughts that follow each other.
    ///
    /// - Returns: what happened.
    /// - Throws: `SearchError`, and changes nothing, if nothing was asked for, or not so much.
    @discardableResult
    public mutating func tell(written texts: [[WrittenThought]]) throws(SearchError) -> [SearchEvent] {
        guard case .write(let requests) = next else { throw .notAsked(told: "texts", expected: next.expectation) }
        guard texts.count == requests.count else {
            throw .wrongCount(of: "texts", found: texts.count, expected: requests.count)
        }
        record.events = []
        let first = record.tree.count
        for (text, request) in zip(texts, requests) {
            let isCorrection = plan.isCorrecting && request.origin == .target
            if request.origin == .draft { record.counters.thoughtsDrafted += 1 }
            if isCorrection { record.counters.thoughtsCorrected += 1 }
            if let id = record.admit(text, for: request, isCorrection: isCorrection) { written.append(id) }
        }
        let unjudged = (first..<record.tree.count).filter { record.tree[$0].score == nil }
        if unjudged.isEmpty { advance() } else { next = .score(unjudged) }
        return record.events
    }

    /// Takes the scores of the thoughts of `ask()`, in its order. In which order they were computed does not matter.
    ///
    /// - Returns: what happened.
    /// - Throws: `SearchError`, and changes nothing, if no scores were asked for, or not so many, or one of them is not
    ///   a number from 0 to 1.
    @discardableResult
    public mutating func tell(scores: [Float]) throws(SearchError) -> [SearchEvent] {
        guard case .score(let thoughts) = next else { throw .notAsked(told: "scores", expected: next.expectation) }
        try check(scores, of: thoughts, "scores")
        record.events = []
        for (id, score) in zip(thoughts, scores) { record.judge(id, score) }
        advance()
        return record.events
    }

    /// Takes what the target thinks of the drafts of `ask()`, in its order.
    ///
    /// - Returns: what happened.
    /// - Throws: `SearchError`, and changes nothing, if it was not asked for, or not so much, or something is not a number from
    ///   0 to 1.
    @discardableResult
    public mutating func tell(checks: [DraftCheck]) throws(SearchError) -> [SearchEvent] {
        guard case .check(let thoughts) = next else { throw .notAsked(told: "checks", expected: next.expectation) }
        try check(checks.map(\.plausibility), of: thoughts, "checks")
        try check(checks.map { Float($0.probability) }, of: thoughts, "checks")
        record.events = []
        for (id, check) in zip(thoughts, checks) { record.tree[id].check = check }
        record.counters.thoughtsChecked += thoughts.count
        advance()
        return record.events
    }

    /// Throws unless there is a number from 0 to 1 for each thought.
    private func check(_ numbers: [Float], of thoughts: [Thought.ID], _ name: String) throws(SearchError) {
        guard numbers.count == thoughts.count else {
            throw .wrongCount(of: name, found: numbers.count, expected: thoughts.count)
        }
        for (id, number) in zip(thoughts, numbers) where !(0...1).contains(number) {
            throw .invalidScore(thought: id, found: number)
        }
    }

    /// Ends the search now, with the best path so far; the way to keep a time limit or to cancel.
    ///
    /// What competes and is judged is decided about; whatever is not judged is pruned.
    ///
    /// - Parameter reason: why, for the outcome.
    /// - Returns: what happened: nothing if the search had ended.
    @discardableResult
    public mutating func stop(_ reason: SearchOutcome.Reason = .stopped) -> [SearchEvent] {
        record.events = []
        if case .finished = next { return [] }
        plan.stop(after: written, &record)
        finish(reason)
        return record.events
    }

    /// Goes on when everything that was asked for is there.
    private mutating func advance() {
        defer { written = [] }
        switch plan.next(after: written, &record) {
        case .write(let requests): ask(requests)
        case .check(let thoughts): next = .check(thoughts)
        case .end(let reason): finish(reason)
        }
    }

    /// Asks for texts as far as the budgets allow.
    private mutating func ask(_ requests: [WriteRequest]) {
        let allowed = record.affordable(requests)
        if !allowed.isEmpty { return next = .write(allowed) }
        plan.stop(after: written, &record)
        finish(.budget)
    }

    private mutating func finish(_ reason: SearchOutcome.Reason) {
        let result = plan.result(record)
        let (path, text) = (record.tree.path(of: result.best?.id), record.tree.text(of: result.best?.id))
        for thought in record.tree.thoughts where thought.state == .open {
            record.decide(thought.id, path.contains(thought.id) ? .kept : .pruned)
        }
        let outcome = SearchOutcome(
            tree: record.tree, path: path, text: text, answer: result.answer,
            isComplete: result.best?.isFinal ?? false, reason: reason, strategy: strategy, policy: record.policy,
            counters: record.counters)
        next = .finished(outcome)
        record.events.append(.finished(outcome))
    }
}
