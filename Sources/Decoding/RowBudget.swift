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
        /// The probability that an alternative to the first proposal is taken if those before it are refused.
        var alternative = 0.0
        /// The most proposals.
        let limit: Int
        /// Rows that the draft model needs before it can propose anything; nil if it does not propose.
        let coldRows: Int?
    }

    /// What a candidate gets.
    struct Plan: Hashable {
        /// Proposals, one behind the other.
        var length = 0
        /// How many tokens compete for the first place.
        var width = 1
    }

    /// The most tokens that compete for a place.
    private static let mostWidth = 4
    /// Rows of an alternative: its own, and that of the token before it, which its copy of the page lacks.
    private static let rowsPerAlternative = 2
    /// A draft model that has to read a path first does so for about so many steps to come.
    private static let steps = 16

    /// t(n) of the target.
    let target: PassCosts
    /// t(n) of the draft model, if there is one.
    let draft: PassCosts?

    /// What each candidate gets.
    ///
    /// - Parameter others: branches that write a token in the target's pass without proposals.
    /// - Complexity: O(p log p) in the proposals that could be made.
    func plans(_ candidates: [Candidate], others: Int) -> [Plan] {
        var plans = [Plan](repeating: Plan(), count: candidates.count)
        guard mayPay(candidates, others) else { return plans }
        // Each branch's proposals gain less and less, so the order of gain is an order of place as well.
        let proposals = candidates.enumerated().flatMap { index, candidate in
            (0..<candidate.limit).map { place in
                Proposal(candidate: index, place: place, gain: gain(candidate.acceptance, place))
            }
        }.sorted { ($0.gain, -$0.place, -$0.candidate) > ($1.gain, -$1.place, -$1.candidate) }
        // What was found costs less than what is drafted: perhaps it pays alone.
        let found = proposals.filter { candidates[$0.candidate].coldRows == nil }
        let (all, free) = (best(of: proposals, candidates, others), best(of: found, candidates, others))
        let (chosen, from) = all.speed >= free.speed ? (all, proposals) : (free, found)
        for proposal in from.prefix(chosen.count) { plans[proposal.candidate].length += 1 }
        widen(&plans, candidates, chosen)
        return plans
    }

    /// Adds alternatives to first proposals as long as they pay.
    private func widen(_ plans: inout [Plan], _ candidates: [Candidate], _ best: Best) {
        var best = best
        while true {
            let open = plans.indices.filter {
                plans[$0].length > 0 && candidates[$0].coldRows != nil && plans[$0].width < RowBudget.mostWidth
            }
            func gain(_ index: Int) -> Double {
                let refused = 1 - candidates[index].alternative
                return (1 - candidates[index].acceptance) * candidates[index].alternative
                    * (1..<plans[index].width).reduce(1) { product, _ in product * refused }
            }
            guard let index = open.max(by: { gain($0) < gain($1) }) else { return }
            best.rows += RowBudget.rowsPerAlternative
            best.tokens += gain(index)
            let speed = best.tokens / (target.seconds(rows: best.rows) + best.drafting)
            guard speed > best.speed else { return }
            best.speed = speed
            plans[index].width += 1
        }
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

    /// The number of first proposals that write the most tokens per second, and what a step with them takes.
    private struct Best {
        /// Tokens per second.
        var speed: Double
        var count = 0
        /// Rows of the target.
        var rows: Int
        var tokens: Double
        /// Seconds of the draft model.
        var drafting = 0.0
    }

    private func best(of proposals: [Proposal], _ candidates: [Candidate], _ others: Int) -> Best {
        let rows = others + candidates.count
        var step = Best(speed: Double(rows) / target.seconds(rows: rows), rows: rows, tokens: Double(rows))
        var drafted = [Int](repeating: 0, count: candidates.map(\.limit).max() ?? 0)
        var best = step
        for (count, proposal) in proposals.enumerated() {
            if let draft, let coldRows = candidates[proposal.candidate].coldRows {
                let before = drafted[proposal.place]
                if proposal.place == 0 { step.drafting += draft.seconds(rows: coldRows) / Double(RowBudget.steps) }
                step.drafting += draft.seconds(rows: before + 1) - draft.seconds(rows: before)
                drafted[proposal.place] += 1
            }
            step.rows += 1
            step.tokens += proposal.gain
            step.count = count + 1
            step.speed = step.tokens / (target.seconds(rows: step.rows) + step.drafting)
            if step.speed > best.speed { best = step }
        }
        return best
    }

    /// The tokens that a proposal at a place adds: it counts if all before it are accepted as well.
    private func gain(_ acceptance: Double, _ place: Int) -> Double {
        (0...place).reduce(1) { product, _ in product * acceptance }
    }
}
