/// The score β that a draft must reach: a moving average of the best scores of each level.
///
/// SpecSearch (ICML 2025), equation 50, with one update per level over all beams, where the paper leaves open whether
/// each beam has its own:
///
///     β_1 = θ · max(V_0)        β_{k+1} = θ · β_k + (1 − θ) · max(V_p ∪ V_accepted)
///
/// V_0 are the scores of the first level, which is all the target's; V_p and V_accepted those of level k's corrections
/// and accepted drafts. Best scores tend to fall with depth, so that their past bounds the target's mean from above.
public struct Threshold: Sendable, Hashable {
    /// θ, the weight of the past.
    public let theta: Double
    /// β_k, for the next level to be judged. In double precision, so that only scores decide comparisons.
    public private(set) var value: Double

    /// β_1.
    ///
    /// - Parameters:
    ///   - theta: θ, from 0 to 1.
    ///   - best: max(V_0).
    public init(theta: Double, best: Float) {
        self.theta = theta
        value = theta * Double(best)
    }

    /// From β_k to β_{k+1}.
    ///
    /// - Parameter best: max(V_p ∪ V_accepted) of level k over all beams.
    public mutating func update(best: Float) { value = theta * value + (1 - theta) * Double(best) }

    /// Whether a draft of this score is accepted: V ≥ β_k.
    public func accepts(_ score: Float) -> Bool { Double(score) >= value }
}
