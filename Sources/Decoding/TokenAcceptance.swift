/// How the target judges the tokens that a drafter proposes.
public enum TokenAcceptance: String, Sendable, Hashable, CaseIterable {
    /// A proposal is accepted if it is what the target chooses itself, with the noise that the drafter used as well
    /// (Daliri, Musco and Suresh, 2024). The text never depends on who drafted, how much, or whether at all.
    case invariant
    /// A proposal x that was drawn from q is accepted with the probability min(1, p(x) / q(x)), and otherwise replaced by a
    /// draw from the normalised positive part of p − q (Leviathan, Kalman and Matias, 2023; Chen et al., 2023). The text
    /// has the target's distribution, but another drafter gives another text, and so does another number of proposals:
    /// company may have to leave room for others, and n-grams may be found in their texts.
    case ratio
}

extension TokenDistribution {
    /// The token that ratio acceptance makes of proposals for one place, if this is the target's distribution: one of them,
    /// or a different token.
    ///
    /// Each is judged by what those before it have left of the distribution (recursive rejection sampling; Jeon et al.,
    /// 2024).
    /// - Parameters:
    ///   - proposals: tokens, and the distribution q that each was drawn from after those before it were known; what is no
    ///     sample, such as text that was found elsewhere, is certain.
    ///   - acceptance: the draws that decide about the proposals.
    ///   - residual: the draws that replace them.
    func token(
        judging proposals: [(token: Int, proposer: TokenDistribution)], acceptance: RandomStream, residual: RandomStream
    ) -> Int {
        var rest = self
        for (index, (token, proposer)) in proposals.enumerated() {
            guard acceptance.uniform(index) * proposer[token] >= rest[token] else { return token }
            // Nothing remains only if rounding alone made the proposal less likely here than there.
            guard let excess = rest.excess(over: proposer) else { return token }
            rest = excess
        }
        return rest.draw(residual)
    }
}
