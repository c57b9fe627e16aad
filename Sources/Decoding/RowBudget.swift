/// Decides how many tokens are proposed for each branch of a step: as many as write the most tokens per second.
///
/// A chain of k proposals that are accepted with probability α each writes 1 + α + … + α^k tokens. The k-th one costs
/// a row of the target and, unless it was found in a text, one of the draft model, which has a pass for each position.
/// Where the target's passes grow with their rows, as with many branches, the best number is often none.
struct RowBudget {
    /// A branch that could have proposals.
    struct Candidate {
        /// The probability that a proposal is accepted if those before it are.
        let acceptance: Double
        /// The most proposals.
        let limit: Int
        /// Rows that the draft model needs before it can propose anything; nil if it does not propose.
        let coldRows: Int?
    }

    /// A draft model that has to read a path first does so for about so many steps to come.
    private static let steps = 16

    /// t(n) of the target.
    let target: PassCosts
    /// t(n) of the draft model, if there is one.
    let draft: PassCosts?

    /// How many proposals each candidate gets.
    ///
    /// - Parameter others: branches that write a token in the target's pass without proposals.
    /// - Complexity: O(p log p) in the proposals that could be made.
    func lengths(_ candidates: [Candidate], others: Int) -> [Int] {
        guard mayPay(candidates, others) else { return [Int](repeating: 0, count: candidates.count) }
        // Each branch's proposals gain less and less, so the order of gain is an order of place as well.
        let proposals = candidates.enumerated().flatMap { index, candidate in
            (0..<candidate.limit).map { place in
                Proposal(candidate: index, place: place, gain: gain(candidate.acceptance, place))
            }
        }.sorted { ($0.gain, -$0.place, -$0.candidate) > ($1.gain, -$1.place, -$1.candidate) }
        // What was found costs less than what is drafted: perhaps it pays alone.
        let found = proposals.filter { candidates[$0.candidate].coldRows == nil }
        let (all, free) = (best(of: proposals, candidates, others), best(of: found, candidates, others))
        var lengths = [Int](repeating: 0, count: candidates.count)
        for proposal in all.speed >= free.speed ? proposals.prefix(all.count) : found.prefix(free.count) {
            lengths[proposal.candidate] += 1
        }
        return lengths
    }

    /// Whether proposals could pay if all of them were as good as the best and the draft model cost nothing: mostly no
    /// where there are many branches, and then nothing has to be sorted.
    private func mayPay(_ candidates: [Candidate], _ others: Int) -> Bool {
        let rows = others + candidates.count
        let most = candidates.reduce(0) { $0 + $1.limit }
        let acceptance = candidates.reduce(0) { max($0, $1.acceptance) }
        guard most > 0 else { return false }
        // Between the numbers of rows that were measured, the speed only rises or only falls.
        let counts = PassCosts.measuredRows.map { $0 - rows }.filter { (1..<most).contains($0) } + [most]
        return counts.contains { count in
            (Double(rows) + Double(count) * acceptance) * target.seconds(rows: rows)
                > Double(rows) * target.seconds(rows: rows + count)
        }
    }

    /// One token that could be proposed.
    private struct Proposal {
        let candidate: Int
        /// How many are proposed before it.
        let place: Int
        /// The tokens that it adds on average.
        let gain: Double
    }

    /// How many of the first proposals write the most tokens per second, and how many tokens that are.
    private func best(
        of proposals: [Proposal], _ candidates: [Candidate], _ others: Int
    ) -> (speed: Double, count: Int) {
        var rows = others + candidates.count
        var (tokens, drafting) = (Double(rows), 0.0)
        var drafted = [Int](repeating: 0, count: candidates.map(\.limit).max() ?? 0)
        var best = (speed: tokens / target.seconds(rows: rows), count: 0)
        for (count, proposal) in proposals.enumerated() {
            if let draft, let coldRows = candidates[proposal.candidate].coldRows {
                let before = drafted[proposal.place]
                if proposal.place == 0 { drafting += draft.seconds(rows: coldRows) / Double(RowBudget.steps) }
                drafting += draft.seconds(rows: before + 1) - draft.seconds(rows: before)
                drafted[proposal.place] += 1
            }
            rows += 1
            tokens += proposal.gain
            let speed = tokens / (target.seconds(rows: rows) + drafting)
            if speed > best.speed { best = (speed, count + 1) }
        }
        return best
    }

    /// The tokens that a proposal at a place adds: it counts if all before it are accepted as well.
    private func gain(_ acceptance: Double, _ place: Int) -> Double {
        (0...place).reduce(1) { product, _ in product * acceptance }
    }
}
