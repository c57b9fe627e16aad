public import Decoding

/// One step of reasoning: what a model wrote under a parent, up to a separator, the end of the text or a length cap.
///
/// The paper's z (SpecSearch, ICML 2025, section 3). Two thoughts of one parent never hold the same text with the same
/// `isFinal`, with one exception: the target may write again what it was given as a draft that was rejected.
public struct Thought: Sendable, Hashable, Identifiable {
    /// What the search has decided about a thought.
    public enum State: String, Sendable, Hashable {
        /// Nothing yet. A search that has ended has no such thought.
        case open
        /// It was among the best of its level, and the search went on from it.
        case kept
        /// It competed, and others were better; or the search ended before it could compete.
        case pruned
        /// It is a draft that does not compete: its value was below the threshold (under `ThresholdRule.random` a lot
        /// was drawn against it), its path had enough better drafts, or the target refused it
        /// (`SpeculationPolicy.selective`).
        case rejected
    }

    /// Its number in its tree: 0, 1, 2, … in the order of creation.
    public let id: Int
    /// The thought that it continues; nil if it follows the question.
    public let parent: ID?
    /// Its level: 1 for a thought that follows the question. The paper counts the same levels from 0.
    public let depth: Int
    /// Which of the thoughts it is that `origin` wrote under its parent: fixed before duplicates are merged.
    public let slot: Int
    /// Which model wrote it.
    public let origin: Writer
    /// What it says, its separator included.
    public let text: String
    /// The tokens of the text, as the model wrote them.
    public let tokens: [Int32]
    /// How it ended.
    public let end: GenerationEnd
    /// The mean of the natural logarithms of its tokens' probabilities under the model that wrote it.
    public let meanLogProbability: Float
    /// How certain the target was when it wrote this, from 0 to 1, where that is what judges thoughts.
    public let selfCertainty: Float?
    /// Whether nothing follows: the model ended its text, or the path holds an answer.
    public let isFinal: Bool
    /// The reward model's judgement V, from 0 to 1; nil before it is there.
    public internal(set) var score: Float?
    /// What the path to it is worth, from 0 to 1: the scores of its thoughts, aggregated; nil before it is judged.
    public internal(set) var value: Float?
    /// What the target thinks of it, if it is a draft about which the target was asked.
    public internal(set) var check: DraftCheck?
    /// What the search has decided about it.
    public internal(set) var state: State = .open
    /// How many more times the same text was written under its parent. Those repeats are no thoughts of their own.
    public internal(set) var duplicates = 0
}
