/// What searches learn about scores: the thresholds β and the distribution F of the target's scores.
///
/// Carried from question to question it lets a search begin with drafts, and judge by more than its own few scores; then an
/// answer depends on the questions before. Left out, every question begins anew.
public struct SearchMemory: Sendable, Hashable {
    /// β at each depth.
    public internal(set) var thresholds = ThresholdTable()
    /// F at each depth: the scores of corrections that say something new.
    public internal(set) var scores = ScoreDistribution()
    /// How many questions it has seen.
    public internal(set) var questions = 0

    /// Knows nothing.
    public init() {}

    /// The same for the next question, for which what was seen counts a little less.
    func forNextQuestion(_ parameters: SearchParameters) -> SearchMemory {
        var memory = self
        memory.thresholds = thresholds.forNextQuestion(
            parameters.thresholdRule, theta: parameters.theta, level: parameters.thresholdLevel)
        memory.scores.age()
        memory.questions += 1
        return memory
    }
}
