/// How the target judges the tokens that a drafter proposes.
public enum TokenAcceptance: String, Sendable, Hashable, CaseIterable {
    /// A proposal is accepted if it is what the target chooses itself, with the noise that the drafter used as well
    /// (Daliri, Musco and Suresh, 2024). The text never depends on who drafted, how much, or whether at all.
    case invariant
    /// A proposal x that was drawn from q is accepted with the probability min(1, p(x) / q(x)), and otherwise replaced by a
    /// draw from the normalised positive part of p − q (Leviathan, Kalman and Matias, 2023; Chen et al., 2023). The text
    /// has the target's distribution, but another drafter gives another text.
    case ratio
}

extension TokenDistribution {
    /// The token that ratio acceptance makes of a proposal, if this is the target's distribution: the proposal itself or
    /// a different token.
    ///
    /// - Parameters:
    ///   - proposal: a token that was drawn from `proposer`.
    ///   - proposer: q; what is no sample, such as text that was found elsewhere, is certain.
    ///   - acceptance: the draws that decide about the proposal.
    ///   - residual: the draws that replace it.
    func token(
        judging proposal: Int, from proposer: TokenDistribution, acceptance: RandomStream, residual: RandomStream
    ) -> Int {
        let isAccepted = acceptance.uniform(0) * proposer[proposal] < self[proposal]
        // Nothing remains only if rounding alone made the proposal less likely here than there.
        guard !isAccepted, let excess = excess(over: proposer) else { return proposal }
        return excess.draw(residual)
    }
}
