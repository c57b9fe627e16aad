public import Decoding
public import JSON

/// What a reasoner answers.
public struct Answer: Sendable {
    /// The question as it was asked.
    public let question: String
    /// How the search was made.
    public let options: SearchOptions
    /// The search's tree, best path and counters.
    public let outcome: SearchOutcome
    /// What is known of scores now, from this question and those before: for `SearchOptions.memory` of the next.
    public let memory: SearchMemory
    /// How long the search took, without the time between events that nobody asked for.
    public let duration: Duration
    /// What the compute thread did in that time; of searches that run at once each has the passes of all.
    public let times: PhaseTimes

    /// What the best path marks as the answer, or nil if it marks none.
    public var answer: String? { outcome.answer }
    /// The reasoning: the text of the best path.
    public var text: String { outcome.text }
    /// What the best path is worth, 0 to 1.
    public var score: Float? { outcome.score }

    /// What the search took: `counters`, the seconds of each phase as `phases`, and all `seconds`.
    public var costs: JSONObject {
        ["counters": outcome.counters.json, "phases": times.json, "seconds": .number(duration.seconds)]
    }
}
