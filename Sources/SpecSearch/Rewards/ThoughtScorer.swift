/// Judges thoughts: a reward model, a calculator, a unit test. It is called off the compute thread, so it may take its time.
public protocol ThoughtScorer: Sendable {
    /// Begins to judge the thoughts of one search.
    ///
    /// - Parameter question: the question as it was asked.
    /// - Throws: any error; the search ends with `ReasonerError.scorer`, which holds it.
    func begin(question: String) async throws -> any ScoringSession

    /// What tells it from scorers that judge otherwise: a saved search goes on only where this is the same.
    var identity: String { get }
}

extension ThoughtScorer {
    /// The name of its type.
    public var identity: String { "\(type(of: self))" }
}

/// Judges the thoughts of one search; it may remember what it has read of each path.
public protocol ScoringSession: Sendable {
    /// One score from 0 to 1 for each thought, in their order.
    ///
    /// - Parameters:
    ///   - thoughts: thoughts that were not judged before. Their parents were, or say the same as a sibling that was.
    ///   - tree: all thoughts of the search: `tree.path(of:)` gives what leads to one.
    /// - Throws: any error; the search ends with `ReasonerError.scorer`, which holds it. A `ReasonerError` ends it as
    ///   it is, except for `.generation(.contextTooLong)`: then the search has an outcome, with the reason `.context`.
    func scores(for thoughts: [Thought.ID], in tree: ThoughtTree) async throws -> [Float]

    /// Forgets what it remembers of these thoughts, whose paths nothing will continue; a sibling that says the same as
    /// one of them may go on.
    func forget(_ thoughts: [Thought.ID], in tree: ThoughtTree) async

    /// What judging has cost so far.
    func costs() async -> ScoringCosts

    /// Ends the session and gives its memory back.
    func end() async
}

extension ScoringSession {
    /// Remembers nothing, hence forgets nothing.
    public func forget(_ thoughts: [Thought.ID], in tree: ThoughtTree) async {}

    /// Costs nothing that counts.
    public func costs() async -> ScoringCosts { ScoringCosts() }

    /// Has nothing to give back.
    public func end() async {}
}

/// What judging thoughts has cost.
public struct ScoringCosts: Sendable, Hashable {
    /// Rows that a reward model computed.
    public var rewardRows = 0
    /// Rows among them that had been computed before, but were evicted because memory was short.
    public var rowsRecomputed = 0
    /// Bytes of KV memory in use now.
    public var kvBytes = 0
    /// The most bytes in use at once since the costs were last asked for.
    public var kvBytesPeak = 0
    /// Bytes that the live paths would have taken at that moment if each had its own copy.
    public var kvBytesUnshared = 0

    /// All zero.
    public init() {}
}
