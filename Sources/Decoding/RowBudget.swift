/// Decides how many tokens are proposed for each branch of a step: as many as write the most tokens per second.
///
/// A chain of k proposals that are accepted with probability α each writes 1 + α + … + α^k tokens. The k-th one costs
/// a row of the target and, unless it was found in a text, one of the draft model, which has a pass for each position.
/// Where the target's passes grow with their rows, as with many branches, the best number is often none.
struct RowBudget {
    /// Branches that have said the same so far, and could have proposals.
    struct Candidate {
        /// How many branches these are: they share a row.
        var branches = 1
        /// How many of them would have proposals, which they share as long as they go on alike.
        var open = 1
        /// The probability that a proposal is accepted if those before it are.
        var acceptance: Double
        /// The probability that an alternative to the first proposal is taken if those before it are refused.
        var alternative = 0.0
        /// The most proposals; 0 for who writes a token without.
        var limit: Int
        /// Rows that the draft model needs before it can propose anything; nil if it does not propose.
        var coldRows: Int?

        /// How many paths there are behind so many proposals: one for the branches that still go on alike, and one for each that
        /// does not. What is certain enough to be accepted is also proposed to all.
        func paths(behind proposals: Int) -> Int {
            let alike = (0..<proposals).reduce(1) { product, _ in product * acceptance }
            return 1 + Int((Double(open - 1) * (1 - alike)).rounded())
        }
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
    var target: PassCosts
    /// t(n) of the draft model, if there is one.
    var draft: PassCosts?

    /// What each candidate gets.
    ///
    /// - Complexity: O(p log p) in the proposals that could be made.
    func plans(_ candidates: [Candidate]) -> [Plan] {
        var plans = [Plan](repeating: Plan(), count: candidates.count)
        guard mayPay(candidates) else { return plans }
        // Each branch's proposals gain less and less, so the order of gain is an order of place as well.
        let proposals = candidates.enumerated().flatMap { index, candidate in
            (0..<candidate.limit).map { Proposal(candidate, number: index, place: $0) }
        }.sorted { ($0.gain, -$0.place, -$0.candidate) > ($1.gain, -$1.place, -$1.candidate) }
        // What was found costs less than what is drafted: perhaps it pays alone.
        let found = proposals.filter { candidates[$0.candidate].coldRows == nil }
        let (all, free) = (best(of: proposals, candidates), best(of: found, candidates))
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
                return Double(candidates[index].open) * (1 - candidates[index].acceptance)
                    * candidates[index].alternative
                    * (1..<plans[index].width).reduce(1) { product, _ in product * refused }
            }
            guard let index = open.max(by: { gain($0) < gain($1) }) else { return }
            best.rows += RowBudget.rowsPerAlternative * candidates[index].paths(behind: 1)
            best.tokens += gain(index)
            let speed = best.tokens / (target.seconds(rows: best.rows) + best.drafting)
            guard speed > best.speed else { return }
            best.speed = speed
            plans[index].width += 1
        }
    }

    /// Whether proposals could pay if all of them were as good as the best and the draft model cost nothing: mostly no
    /// where there are many branches, and then nothing has to be sorted.
    private func mayPay(_ candidates: [Candidate]) -> Bool {
        let rows = candidates.count
        let tokens = candidates.reduce(0) { $0 + Double($1.branches) }
        let most = candidates.reduce(0) { $0 + $1.limit }
        let gain = candidates.reduce(0) { $1.limit > 0 ? max($0, Double($1.open) * $1.acceptance) : $0 }
        guard most > 0 else { return false }
        // Between the numbers of rows that were measured, the speed only rises or only falls.
        let counts = PassCosts.measuredRows.map { $0 - rows }.filter { (1..<most).contains($0) } + [most]
        return counts.contains { count in
            (tokens + Double(count) * gain) * target.seconds(rows: rows)
                > tokens * target.seconds(rows: rows + count)
        }
    }

    /// One token that could be proposed to each branch of a candidate.
    private struct Proposal {
        let candidate: Int
        /// How many are proposed before it.
        let place: Int
        /// The tokens that it adds on average: it counts if all before it are accepted as well.
        let gain: Double
        /// Rows of the target's pass, which read it.
        let rows: Int
        /// Rows of the draft's pass, which read what is before it.
        let draftRows: Int

        init(_ candidate: Candidate, number: Int, place: Int) {
            self.candidate = number
            self.place = place
            let accepted = (0...place).reduce(1) { product, _ in product * candidate.acceptance }
            gain = Double(candidate.open) * accepted
            (rows, draftRows) = (candidate.paths(behind: place + 1), candidate.paths(behind: place))
        }
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

    private func best(of proposals: [Proposal], _ candidates: [Candidate]) -> Best {
        let (rows, tokens) = (candidates.count, candidates.reduce(0) { $0 + Double($1.branches) })
        var step = Best(speed: tokens / target.seconds(rows: rows), rows: rows, tokens: tokens)
        var drafted = [Int](repeating: 0, count: candidates.map(\.limit).max() ?? 0)
        var best = step
        for (count, proposal) in proposals.enumerated() {
            if let draft, let coldRows = candidates[proposal.candidate].coldRows {
                let before = drafted[proposal.place]
                if proposal.place == 0 { step.drafting += draft.seconds(rows: coldRows) / Double(RowBudget.steps) }
                step.drafting += draft.seconds(rows: before + proposal.draftRows) - draft.seconds(rows: before)
                drafted[proposal.place] += proposal.draftRows
            }
            step.rows += proposal.rows
            step.tokens += proposal.gain
            step.count = count + 1
            step.speed = step.tokens / (target.seconds(rows: step.rows) + step.drafting)
            if step.speed > best.speed { best = step }
        }
        return best
    }
}
