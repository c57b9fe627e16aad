/// Something that happened in a search, for showing it live. Together the events tell the whole tree.
public enum SearchEvent: Sendable, Hashable {
    /// A thought was written: a draft, or the target's on a level without drafts.
    case proposed(Thought)
    /// The target wrote a thought for a slot that no draft filled.
    case corrected(Thought)
    /// A text was written again, and was merged into the thought that says the same.
    case merged(into: Thought.ID)
    /// A thought was judged.
    case scored(Thought.ID, score: Float)
    /// A draft competes with the target's thoughts.
    case accepted(Thought.ID)
    /// A draft does not.
    case rejected(Thought.ID)
    /// A thought is among the best of its level.
    case kept(Thought.ID)
    /// A thought is not, or the search ended before that was known.
    case pruned(Thought.ID)
    /// All thoughts of a level, or in a Monte Carlo tree search those that continue one thought, are judged; `threshold` is β
    /// for the next one, nil where nothing is drafted.
    case levelFinished(depth: Int, threshold: Double?)
    /// The search has ended. Nothing follows.
    case finished(SearchOutcome)
}
