internal import CacheTree
internal import Transformer

/// What is put before the target: proposals of tokens, and the draft model's own texts.
extension Scheduler {
    /// Steps for which nobody asks again whether proposals pay: they did not, and nothing changes that while the same branches
    /// write.
    struct ProposalRest {
        /// So many steps at most, as what passes cost is learned and paths part.
        private static let most = 8

        private var steps = 0
        private var branches = 0
        private var newest = 0

        /// Takes one of the steps, if there is one left for these branches.
        mutating func take(branches: Int, newest: Int) -> Bool {
            guard steps > 0, branches == self.branches, newest == self.newest else { return false }
            steps -= 1
            return true
        }

        /// Begins a rest for these branches.
        mutating func begin(branches: Int, newest: Int) {
            (steps, self.branches, self.newest) = (Self.most, branches, newest)
        }
    }

    /// Decides how many tokens are proposed for each branch: what its request says, or as many as pay.
    func allotProposals() {
        let writers = queue.filter { $0.request.writer == .target && !$0.isParked && $0.text.end == nil }
        if rest.take(branches: writers.count, newest: lastBranch) {
            for branch in writers { branch.allotment = 0 }
            return
        }
        // As many as the target's pass has rows for, so that none is made for nothing and nobody is left out.
        let room = min(Scheduler.longestDraft, max(0, limits.rowsPerPass / max(1, writers.count) - 1))
        for branch in writers {
            let isBudgeted = budget != nil && branch.request.acceptance == .invariant
            branch.allotment = min(branch.request.draftLength ?? (isBudgeted ? room : Scheduler.usualDraft), room)
            branch.width = branch.request.draftWidth ?? 1
        }
        guard writers.contains(where: wantsProposal) else { return }
        let places = byPlace(writers)
        for branches in places { lookUp(branches) }
        guard let budget else { return }
        var starts: Set<NodeID> = []
        let plans = budget.plans(places.map { candidate($0, &starts) })
        if plans.allSatisfy({ $0.length == 0 }), writers.allSatisfy({ isOpen($0) && $0.request.drafters == [.model] }) {
            rest.begin(branches: writers.count, newest: lastBranch)
        }
        for (branches, plan) in zip(places, plans) {
            for branch in branches where isOpen(branch) {
                branch.allotment = plan.length
                branch.width = branch.request.draftWidth ?? plan.width
            }
        }
    }

    /// Branches by where they stand: those that have said the same so far, together.
    private func byPlace(_ branches: [LiveBranch]) -> [[LiveBranch]] {
        var (groups, numbers): ([[LiveBranch]], [NodeID: Int]) = ([], [:])
        for branch in branches {
            let number = numbers[tree.place(of: branch.node), default: groups.count]
            if number == groups.count {
                numbers[tree.place(of: branch.node)] = number
                groups.append([])
            }
            groups[number].append(branch)
        }
        return groups
    }

    /// Whether it is decided here how many tokens are proposed for a branch: not where that changes its text.
    private func isOpen(_ branch: LiveBranch) -> Bool {
        branch.request.draftLength == nil && branch.request.acceptance == .invariant && wantsProposal(branch)
    }

    /// What could be proposed to branches that stand in one place.
    ///
    /// - Parameter starts: where branches began whose common beginning somebody else pays for.
    private func candidate(_ branches: [LiveBranch], _ starts: inout Set<NodeID>) -> RowBudget.Candidate {
        var candidate = RowBudget.Candidate(branches: branches.count, acceptance: 0, limit: 0, coldRows: nil)
        candidate.open = branches.count(where: isOpen)
        guard let branch = branches.first(where: isOpen) else { return candidate }
        let drafter = branch.found.isEmpty ? Drafter.model : .ngrams
        candidate.limit = branch.found.count
        if let draft, drafter == .model, isDraftable(branch) {
            candidate.limit = branch.allotment
            let known = tree.computedDepth(of: branch.node, model: draft.number)
            let isFirst = starts.insert(branch.request.start).inserted
            candidate.coldRows = min(
                max(0, tree.depth(of: branch.node) - known - 1), isFirst ? .max : branch.text.tokens.count)
        }
        // A branch of which little is known is expected to be like the others.
        candidate.acceptance = branch.rates[drafter].value(expected: rates[drafter].value())
        candidate.alternative = branch.rates.alternatives.value(expected: rates.alternatives.value(expected: 0.3))
        return candidate
    }

    /// Finds what followed the same tokens before, in the path of branches that stand in one place or in texts that began where
    /// they did.
    private func lookUp(_ branches: [LiveBranch]) {
        let wanting = branches.filter { $0.request.drafters.contains(.ngrams) && wantsProposal($0) }
        let found = wanting.first.map { branch in
            NGramDrafter(tree.tokens(of: branch.node), others: siblings(of: branch)).proposals(branch.allotment)
        }
        for branch in wanting { branch.found = found ?? [] }
    }

    /// Proposes what was found.
    func proposeFound() {
        for branch in queue {
            for token in branch.found where wantsProposal(branch) {
                branch.text.propose(found: token)
                extend(branch, by: [token])
            }
            branch.found = []
        }
    }

    /// The texts of other branches that began where this one did, each behind the last tokens of what they share.
    private func siblings(of branch: LiveBranch) -> [[Int32]] {
        let start = branch.request.start
        let shared = Array(tree.tokens(of: start).suffix(NGramDrafter.most))
        return branch.group.branches.filter { $0 !== branch && $0.request.start == start }
            .suffix(Scheduler.mostSiblings).map { shared + $0.text.tokens }
    }

    /// One pass for each token that some branch still wants proposed; the first also serves the branches that the
    /// draft model writes.
    ///
    /// - Returns: how long that took.
    func runDraft() -> Duration {
        let begin = ContinuousClock.now
        var end = begin
        guard let draft else { return .zero }
        for round in 0...Scheduler.longestDraft {
            let members = thread.record(.planning) {
                plan(on: draft) { branch in wantsDraft(branch, round: round) ? 1 : nil }
            }
            guard !members.isEmpty else { break }
            let (rows, planned) = (draft.batch.rows.count, ContinuousClock.now)
            draft.run()
            thread.record(.choosing, rows: members.count) {
                take(members.filter { !$0.rows.outputs.isEmpty }, from: draft)
            }
            let now = ContinuousClock.now
            budget?.draft?.note(pass: (now - planned) / .seconds(1), besides: (planned - end) / .seconds(1), rows: rows)
            end = now
        }
        return end - begin
    }

    /// Adds what the draft model says to branches: a token of its own text, or one that the target has yet to confirm.
    private func take(_ members: [Member], from draft: PassRunner) {
        let size = target.model.configuration.vocabularySize
        let chosen = choose(for: members) { member, sampler in
            let logits = UnsafeBufferPointer(rebasing: draft.output(member.rows.outputs[0]).prefix(size))
            let branch = member.branch
            return Result { () throws(SamplingError) in
                guard branch.request.writer == .draft else {
                    return [try branch.text.propose(logits, sampler, alternatives: branch.width - 1)]
                }
                let count = branch.text.tokens.count
                try branch.text.take(logits, sampler)
                return Array(branch.text.tokens[count...])
            }
        }
        for (member, tokens) in zip(members, chosen) {
            // A draft without numbers proposes nothing, and harms nobody.
            let isProposal = member.branch.request.writer == .target
            let tokens = isProposal ? try? tokens.get() : value(of: tokens, for: member.branch)
            if let tokens { extend(member.branch, by: tokens) }
        }
    }

    /// Adds the alternatives to a branch's first proposal to the target's pass, behind the branch's own rows: each is a leaf
    /// beside the chain. Where there is no room for one, those from it on are given up.
    func planAlternatives(of branch: LiveBranch) {
        guard !branch.text.alternatives.isEmpty else { return }
        let depth = tree.depth(of: branch.node) - branch.text.proposals.count
        for alternative in branch.text.alternatives {
            let leaf = tree.extend(tree.fork(branch.node, atDepth: depth), by: [alternative.token])
            let (before, pages) = (target.batch.rows.count, tree.pageTraffic.allocated)
            let rows = try? tree.plan(
                leaf, model: target.number, outputs: 1, limit: limits.rowsPerPass - before, mayEvict: false,
                into: &target.batch)
            branch.group.counters.targetRows += target.batch.rows.count - before
            branch.group.counters.pagesAllocated += tree.pageTraffic.allocated - pages
            guard let rows, rows.isComplete else {
                tree.release(leaf)
                break
            }
            branch.alternatives.append((leaf, rows.outputs[0]))
        }
        branch.text.keepAlternatives(branch.alternatives.count)
    }

    /// Lets go of the alternatives that were not taken, and of the traces that they left in the tree.
    func dropAlternatives(of branch: LiveBranch) {
        guard !branch.alternatives.isEmpty || branch.width > 1 else { return }
        for (leaf, _) in branch.alternatives { tree.release(leaf) }
        branch.alternatives.removeAll()
        tree.join(branch.node)
    }

    private func wantsDraft(_ branch: LiveBranch, round: Int) -> Bool {
        if branch.request.writer == .draft { return round == 0 && branch.text.end == nil }
        return isDraftable(branch) && branch.text.proposals.count == round
            && branch.text.proposals.last?.drafter != .ngrams && wantsProposal(branch)
    }

    private func isDraftable(_ branch: LiveBranch) -> Bool {
        branch.request.drafters.contains(.model) && branch.isDraftable
    }

    /// Whether a branch that the target writes may have one proposal more.
    private func wantsProposal(_ branch: LiveBranch) -> Bool {
        branch.text.end == nil && branch.request.writer == .target && !branch.isParked
            && branch.text.proposals.count < branch.allotment
            // While the target still reads a long prompt, proposals would only wait.
            && tree.depth(of: branch.node) - tree.computedDepth(of: branch.node, model: target.number)
                <= Scheduler.longestDraft
            && tree.depth(of: branch.node) + 1 < contextLength && !branch.text.proposalsEnd
    }
}
