/// What is known, before anything is corrected, of whether corrections would change which thoughts of a pool go on: the rule
/// of the policy `selective`.
///
/// Of b · N thoughts only b go on. Let S be the b-th best score of the accepted drafts, or β if there are fewer. A correction
/// matters if it says something new and is better than S by more than a margin. A correction of path i says something new with
/// the probability 1 − K_i, where K_i is what the target gives to the drafts of that path that it was asked about; and with F
/// the distribution of the scores of what is new, m_i missing thoughts matter with the probability
///
///     P(hit) = 1 − Π (K_i + (1 − K_i) · F(S + margin))^m_i
struct Outlook: Sendable {
    /// One path's share in what may be written.
    struct Slots: Hashable {
        /// m_i, how many thoughts would be written.
        let missing: Int
        /// K_i, how probably each of them is an accepted draft.
        let known: Double
    }

    /// S.
    let standard: Float
    /// P(hit).
    let hitProbability: Double
    /// Whether P(hit) ≤ ε, so that corrections may be skipped: never if no draft was accepted.
    let isSkippable: Bool
    /// Whether they are written all the same, to see how often that would have been wrong.
    var isAudited = false
    private let margin: Float

    /// - Parameters:
    ///   - candidates: the accepted drafts.
    ///   - places: b, how many thoughts go on.
    ///   - threshold: β.
    ///   - slots: what would be written, path by path.
    ///   - share: F.
    init(
        candidates: [Thought], places: Int, threshold: Float, slots: [Slots], _ share: (Float) -> Double,
        _ parameters: SearchParameters
    ) {
        let best = candidates.sorted(by: Thought.isBetter).prefix(places)
        standard = best.count == places ? best.last?.value ?? threshold : threshold
        margin = parameters.margin
        let low = standard + margin >= 1 ? 1 : share(standard + margin)
        var misses = 1.0
        for slots in slots {
            for _ in 0..<slots.missing { misses *= slots.known + (1 - slots.known) * low }
        }
        hitProbability = 1 - misses
        isSkippable = !best.isEmpty && hitProbability <= parameters.epsilon
    }

    /// Whether a correction with this score matters.
    func isBeaten(by score: Float?) -> Bool { score.map { $0 > standard + margin } ?? false }
}
