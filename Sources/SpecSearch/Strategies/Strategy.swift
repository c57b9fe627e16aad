/// Decides what a search does next, and never runs a model.
///
/// What it decides depends on nothing but the record and what it decided before.
protocol Strategy: Sendable {
    /// What to do first, and then whenever what was asked for is there: written and judged, or checked.
    ///
    /// - Parameter written: the thoughts that stand for what was written, in the order of the requests: a text that stood
    ///   there already is the thought that says the same, an empty one is none.
    mutating func next(after written: [Thought.ID], _ record: inout SearchRecord) -> Step

    /// The search is stopped: what competes now is decided about as far as it is judged.
    ///
    /// - Parameter written: as for `next`, but perhaps not judged.
    mutating func stop(after written: [Thought.ID], _ record: inout SearchRecord)

    /// Whether what the target writes now replaces drafts.
    var isCorrecting: Bool { get }

    /// The drafts with which the next level will probably begin, while the target corrects one.
    func foreseen(_ record: SearchRecord) -> [WriteRequest]

    /// The thoughts that may yet be continued, or about which nothing is decided.
    var held: [Thought.ID] { get }

    /// The path that counts, and its answer.
    func result(_ record: SearchRecord) -> SearchResult
}

extension Strategy {
    func foreseen(_ record: SearchRecord) -> [WriteRequest] { [] }
}

/// A step of a search.
enum Step {
    /// Something to write; at least one request.
    case write([WriteRequest])
    /// Drafts that the target is to be asked about; at least one.
    case check([Thought.ID])
    /// The end.
    case end(SearchOutcome.Reason)
}

/// What a strategy chose.
struct SearchResult {
    /// The last thought of the best path, or nil if there is none.
    let best: Thought?
    /// The answer.
    let answer: String?
}
