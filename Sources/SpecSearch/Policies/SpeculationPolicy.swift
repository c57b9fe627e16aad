/// Who writes thoughts, and what is promised about them.
public enum SpeculationPolicy: String, Sendable, Hashable, CaseIterable {
    /// The target writes every thought, token by token. The reference for the others.
    case plain
    /// The target writes every thought, and a draft may propose its tokens.
    ///
    /// Promises the tree of `plain`, token for token, for the same seed; only the time differs.
    case lossless
    /// The draft writes whole thoughts, the reward model judges them, and the target writes what is missing: SpecSearch
    /// (ICML 2025), Algorithms 1 and 2.
    ///
    /// Promises that the mean score of a level's children is not below the target's as long as the threshold β is not
    /// below the target's mean score (Theorem 4.3). Promises nothing about single trees or about right answers: these
    /// are as good as the reward model.
    case paper
    /// As `paper`, but the target is asked about the drafts that would go on, in one pass: what it could not have written itself
    /// (`SearchParameters.plausibility`) is rejected, whatever its score; and what is missing is only written where it is likely
    /// to be among the b thoughts that go on.
    ///
    /// Promises that at each level no correction was left out that would have gone on and been better by more than `margin`,
    /// with a probability of at least 1 − ε: as far as the scores of the target's thoughts are distributed as those that were
    /// seen (`ScoreDistribution`). How often that fails is measured by audits, and reported.
    case selective

    /// Whether thoughts themselves are drafted.
    public var draftsThoughts: Bool { self == .paper || self == .selective }
}
