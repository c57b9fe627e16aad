/// What is known, before anything is corrected, of whether corrections would change which thoughts of a pool go on: the rule
/// of the policy `selective`.
///
/// Of b · N thoughts only b go on. With S the b-th best score of the accepted drafts, corrections matter only if one of them
/// is better than S; with F the distribution of the target's scores at this depth and m missing thoughts, that happens with
/// the probability P(hit) = 1 − F(S + margin)^m.
struct Outlook: Sendable {
    /// S; nil with fewer than b accepted drafts.
    let standard: Float?
    /// P(hit).
    let hitProbability: Double
    /// Whether P(hit) ≤ ε, so that corrections may be skipped.
    let isSkippable: Bool
    /// Whether they are written all the same, to see how often that would have been wrong.
    var isAudited = false
    private let margin: Float

    /// - Parameters:
    ///   - candidates: the accepted drafts.
    ///   - places: b, how many thoughts go on.
    ///   - missing: m, how many thoughts would be written.
    ///   - scores: F.
    init(
        candidates: [Thought], places: Int, missing: Int, depth: Int, _ scores: ScoreDistribution,
        _ parameters: SearchParameters
    ) {
        let best = candidates.sorted(by: Thought.isBetter).prefix(places)
        standard = best.count == places ? best.last?.value : nil
        margin = parameters.margin
        var share = 0.0
        if let standard {
            share = standard + margin >= 1 ? 1 : scores.share(atMost: standard + margin, depth: depth)
        }
        var misses = 1.0
        for _ in 0..<missing { misses *= share }
        hitProbability = 1 - misses
        isSkippable = hitProbability <= parameters.epsilon
    }

    /// Whether a correction with this score would have gone on.
    func isBeaten(by score: Float?) -> Bool {
        guard let score, let standard else { return false }
        return score > standard + margin
    }
}
