internal import CacheTree
internal import Transformer

extension Scheduler {
    /// A branch with its rows in the pass that is being planned.
    struct Member {
        let branch: LiveBranch
        let rows: PlannedRows
    }

    /// Brings branches forward: the draft model proposes tokens and writes thoughts of its own, then the target decides
    /// in one pass over all its branches.
    func step() {
        let start = ContinuousClock.now
        for branch in queue where tree.depth(of: branch.node) >= contextLength { branch.text.endForLength() }
        hasParked = false
        pinPaths()
        thread.record(.planning) {
            allotProposals()
            proposeFound()
        }
        let drafting = runDraft()
        pinPaths()
        let (rows, pass) = runTarget()
        for runner in [target, draft] { runner.map { tree.unpin(model: $0.number) } }
        observeMemory()
        answerFailures()
        // Whoever was served stands behind those that found no room.
        queue = queue.filter { !$0.isServed } + queue.filter(\.isServed)
        for branch in queue {
            branch.waited = branch.isServed || branch.isParked ? 0 : branch.waited + 1
            branch.group.counters.longestWait = max(branch.group.counters.longestWait, branch.waited)
            branch.isServed = false
        }
        let besides = ContinuousClock.now - start - drafting - pass
        budget?.target.note(pass: pass / .seconds(1), besides: besides / .seconds(1), rows: rows)
        retireFinished()
    }

    // MARK: The target model

    /// One pass: each branch's next token, and behind it the proposals.
    ///
    /// - Returns: its rows, and how long it and choosing took.
    private func runTarget() -> (rows: Int, pass: Duration) {
        let members = thread.record(.planning) {
            plan(on: target) { branch in
                branch.text.end == nil && branch.request.writer == .target ? 1 + branch.text.proposals.count : nil
            }
        }
        thread.record(.planning) {
            for member in members where member.rows.isComplete { planAlternatives(of: member.branch) }
        }
        let (rows, start) = (target.batch.rows.count, ContinuousClock.now)
        target.run()
        thread.record(.choosing, rows: members.count) {
            judge(members.filter(\.rows.isComplete))
        }
        let pass = ContinuousClock.now - start
        // Proposals that the pass had no room for are made again: nobody else may see unconfirmed tokens in the tree.
        for branch in queue where !branch.text.proposals.isEmpty { withdraw(branch) }
        return (rows, pass)
    }

    /// What the target made of a branch's proposals.
    private struct Judgement {
        let proposals: [GrowingText.Proposal]
        let alternatives: [GrowingText.Proposal]
        /// How many tokens were taken for good before.
        let confirmed: Int
        let verdict: Result<GrowingText.Verdict, SamplingError>
    }

    /// Takes the proposals that the target accepts, and the tokens that it puts behind them.
    private func judge(_ members: [Member]) {
        let judgements = choose(for: members) { [target] member, sampler in
            let (branch, outputs) = (member.branch, member.rows.outputs)
            let (proposals, alternatives) = (branch.text.proposals, branch.text.alternatives)
            let confirmed = branch.text.tokens.count
            let verdict = Result { () throws(SamplingError) in
                try branch.text.judge(sampler) {
                    target.output(outputs[$0])
                } behind: {
                    target.output(branch.alternatives[$0].output)
                }
            }
            return Judgement(
                proposals: proposals, alternatives: alternatives, confirmed: confirmed, verdict: verdict)
        }
        for (member, judgement) in zip(members, judgements) { settle(member.branch, judgement) }
    }

    /// Makes the path of a branch what its text has become.
    private func settle(_ branch: LiveBranch, _ judgement: Judgement) {
        let (proposals, alternatives) = (judgement.proposals, judgement.alternatives)
        let start = tree.depth(of: branch.node) - proposals.count
        let verdict = value(of: judgement.verdict, for: branch) ?? GrowingText.Verdict()
        let taken = branch.text.tokens.dropFirst(judgement.confirmed)
        if let place = verdict.alternative {
            tree.release(branch.node)
            branch.node = branch.alternatives.remove(at: place).node
        } else {
            branch.node = tree.retreat(branch.node, toDepth: start + verdict.accepted)
        }
        dropAlternatives(of: branch)
        extend(branch, by: Array(taken.dropFirst(verdict.alternative == nil ? verdict.accepted : 1)))
        branch.isDraftable = branch.isDraftable && taken.allSatisfy { isKnownToDraft($0) }
        branch.group.counters.count(proposals, alternatives, verdict)
        let wanted = branch.text.end == nil ? proposals.count : branch.allotment
        branch.rates.note(proposals, alternatives, verdict, wanted: wanted)
        rates.note(proposals, alternatives, verdict, wanted: wanted)
    }

    /// Adds tokens to a branch's path; branches that have said the same so far go on as one, whose rows are computed once.
    func extend(_ branch: LiveBranch, by tokens: [Int32]) { branch.node = tree.extend(branch.node, by: tokens) }

    /// What came of a text that grew by what a model says; notes a failure if that is no numbers.
    func value<Value>(of result: Result<Value, SamplingError>, for branch: LiveBranch) -> Value? {
        branch.progress.reset()
        if case .success(let value) = result { return value }
        let position = tree.depth(of: branch.request.start) + branch.text.tokens.count
        failures.append((branch.group.number, .invalidLogits(position: position)))
        return nil
    }

    // MARK: Both

    /// Plans the next pass of a model for all branches that want outputs, as far as there is room.
    ///
    /// Those that need no more than an equal share of the rows come first; those with a long way to go, such as new prompts,
    /// share what is left. So nobody waits for another's prompt.
    /// - Parameter outputs: how many outputs a branch wants, or nil for none.
    func plan(on runner: PassRunner, outputs: (LiveBranch) -> Int?) -> [Member] {
        let wanting = queue.compactMap { branch in
            branch.isParked ? nil : outputs(branch).map { Wish(branch: branch, outputs: $0) }
        }
        let share = limits.rowsPerPass / max(1, wanting.count)
        let isLong = wanting.map { rowsToGo(for: $0.branch, on: runner) > max(share, $0.outputs) }
        let short = zip(wanting, isLong).filter { !$1 }.map(\.0)
        var long = zip(wanting, isLong).filter { $1 }.map(\.0)
        // Where short ones leave nothing, a long one gets its share in the next step.
        let waiting = long.filter { $0.branch.waited > 0 }
        var members = waiting.compactMap { plan($0, on: runner, limit: max(1, share)) }
        members += short.compactMap { plan($0, on: runner, limit: .max) }
        long.removeAll { $0.branch.waited > 0 }
        for (index, wish) in long.enumerated() {
            let room = limits.rowsPerPass - runner.batch.rows.count
            if let member = plan(wish, on: runner, limit: max(1, room / (long.count - index))) {
                members.append(member)
            }
        }
        countPass(of: runner, for: members)
        return members
    }

    /// A branch, and how many outputs it wants of a pass.
    private struct Wish {
        let branch: LiveBranch
        let outputs: Int
    }

    /// Rows up to the end of a branch's path.
    private func rowsToGo(for branch: LiveBranch, on runner: PassRunner) -> Int {
        tree.depth(of: branch.node) - tree.computedDepth(of: branch.node, model: runner.number)
    }

    /// Plans one branch; nil if there is no room for its outputs, or not enough memory.
    private func plan(_ wish: Wish, on runner: PassRunner, limit: Int) -> Member? {
        let (branch, before, pages) = (wish.branch, runner.batch.rows.count, tree.pageTraffic)
        defer {
            branch.group.counters.pagesAllocated += tree.pageTraffic.allocated - pages.allocated
            branch.group.counters.pagesEvicted += tree.pageTraffic.evicted - pages.evicted
        }
        let room = min(limits.rowsPerPass - before, limit)
        guard room >= wish.outputs, let rows = plan(branch, on: runner, outputs: wish.outputs, limit: room) else {
            return nil
        }
        let added = runner.batch.rows.count - before
        if runner === self.runner(for: branch), added > 0 || rows.isComplete { branch.isServed = true }
        count(added, of: runner, for: branch)
        branch.group.counters.rowsRecomputed += rows.recomputed
        return Member(branch: branch, rows: rows)
    }

    /// Plans one branch; nil if the memory does not suffice.
    ///
    /// Proposals take no memory from others: without them there is less speed, but the same text.
    private func plan(_ branch: LiveBranch, on runner: PassRunner, outputs: Int, limit: Int) -> PlannedRows? {
        let writes = runner === self.runner(for: branch)
        let mayEvict = writes && branch.text.proposals.isEmpty
        if writes { branch.progress.begin(at: tree.computedDepth(of: branch.node, model: runner.number)) }
        do throws(CacheError) {
            if branch.progress.isHopeless { throw tree.shortage(of: branch.node, model: runner.number) }
            let rows = try tree.plan(
                branch.node, model: runner.number, outputs: outputs, limit: limit, mayEvict: mayEvict,
                into: &runner.batch)
            if writes { branch.progress.end(at: tree.computedDepth(of: branch.node, model: runner.number)) }
            return rows
        } catch {
            guard writes else { return nil }
            guard mayEvict else {
                withdraw(branch)
                return plan(branch, on: runner, outputs: 1, limit: limit)
            }
            park(for: branch, error)
            return nil
        }
    }

    /// Forgets a branch's proposals, in its text and in the tree.
    private func withdraw(_ branch: LiveBranch) {
        branch.node = tree.retreat(
            branch.node, toDepth: tree.depth(of: branch.node) - branch.text.proposals.count)
        dropAlternatives(of: branch)
        branch.text.dropProposals()
    }

    private func count(_ rows: Int, of runner: PassRunner, for branch: LiveBranch) {
        if runner === target {
            branch.group.counters.targetRows += rows
        } else {
            branch.group.counters.draftRows += rows
        }
    }

    /// Counts a pass once for each group that has a branch in it.
    private func countPass(of runner: PassRunner, for members: [Member]) {
        var seen: Set<Int> = []
        for member in members where seen.insert(member.branch.group.number).inserted {
            if runner === target {
                member.branch.group.counters.targetPasses += 1
            } else {
                member.branch.group.counters.draftPasses += 1
            }
        }
    }

    /// Notes a new peak of KV memory for whoever is live; what it would be without sharing is only counted then.
    private func observeMemory() {
        let bytes = tree.bytesInUse
        var unshared: Int?
        for branch in queue where bytes > branch.group.counters.kvBytesPeak {
            unshared = unshared ?? unsharedBytes
            branch.group.counters.kvBytesPeak = bytes
            branch.group.counters.kvBytesUnshared = unshared ?? 0
        }
    }

    /// What all paths would take without sharing: those to leaves, and those of branches behind which others stand.
    private var unsharedBytes: Int {
        tree.statistics.unsharedBytes + tree.unsharedBytes(of: queue.map(\.node).filter { !tree.isGrowable($0) })
    }
}
