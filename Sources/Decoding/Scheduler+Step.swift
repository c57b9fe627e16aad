internal import CacheTree
internal import Transformer

extension Scheduler {
    /// A branch with its rows in the pass that is being planned.
    private struct Member {
        let branch: LiveBranch
        let rows: PlannedRows
    }

    /// Brings branches forward: the draft model proposes tokens and writes thoughts of its own, then the target decides
    /// in one pass over all its branches.
    func step() {
        for branch in queue { prepare(branch) }
        pinPaths()
        runDraft()
        pinPaths()
        runTarget()
        for runner in [target, draft] { runner.map { tree.unpin(model: $0.number) } }
        observeMemory()
        answerFailures()
        // Whoever was served stands behind those that found no room.
        queue = queue.filter { !$0.isServed } + queue.filter(\.isServed)
        for branch in queue { branch.isServed = false }
        retireFinished()
    }

    /// Ends a branch whose context is full, and moves one that somebody else has forked at its end to a leaf of its own.
    private func prepare(_ branch: LiveBranch) {
        if tree.depth(of: branch.node) >= contextLength { branch.endForLength() }
        guard !tree.isGrowable(branch.node) else { return }
        let leaf = tree.fork(branch.node)
        tree.release(branch.node)
        branch.node = leaf
    }

    // MARK: Memory

    /// Keeps what the models that write have computed of their branches: one must not take from another what both need.
    ///
    /// If all are parked, whatever they waited for is gone: the first goes on.
    private func pinPaths() {
        if queue.allSatisfy(\.isParked) { resume(1) }
        for branch in queue where !branch.isParked {
            tree.pin(branch.node, model: runner(for: branch).number)
        }
    }

    /// Lets the branch that came last wait for memory, so that it gives its own to the others; one alone cannot have
    /// more than there is.
    private func park(for branch: LiveBranch, _ error: CacheError) {
        let active = queue.filter { !$0.isParked && $0.end == nil }
        guard active.count > 1, let last = active.max(by: { $0.number < $1.number }) else {
            failures.append((branch.group.number, .memory(error)))
            return
        }
        last.isParked = true
    }

    /// Lets so many of the branches that wait for memory try again, those that came first.
    func resume(_ count: Int) {
        let parked = queue.filter(\.isParked).sorted { $0.number < $1.number }
        for branch in parked.prefix(count) { branch.isParked = false }
    }

    /// Whoever writes a branch.
    private func runner(for branch: LiveBranch) -> PassRunner {
        guard branch.request.writer == .draft, let draft else { return target }
        return draft
    }

    // MARK: The draft model

    /// One pass for each token that some branch still wants proposed; the first also serves the branches that the
    /// draft model writes.
    private func runDraft() {
        guard let draft else { return }
        // As many proposals as the target's pass has rows for, so that none is made for nothing and nobody is left out.
        let room = limits.rowsPerPass / max(1, queue.count { $0.request.writer == .target }) - 1
        for round in 0...Scheduler.longestDraft {
            let members = plan(on: draft) { branch in wantsDraft(branch, round: round, room: room) ? 1 : nil }
            guard !members.isEmpty else { return }
            draft.run()
            for member in members {
                guard let output = member.rows.outputs.first else { continue }
                let branch = member.branch
                let logits = UnsafeBufferPointer(
                    rebasing: draft.output(output).prefix(target.model.configuration.vocabularySize))
                if branch.request.writer == .draft { write(logits, branch) } else { propose(logits, branch) }
            }
        }
    }

    /// Adds a token of the draft model's own text.
    private func write(_ logits: UnsafeBufferPointer<Float>, _ branch: LiveBranch) {
        guard let choice = choose(for: branch, logits, at: tree.depth(of: branch.node)) else { return }
        tree.append([Int32(choice.token)], to: branch.node)
        branch.take(choice, tokenizer)
    }

    /// Adds a token that the target has yet to confirm. A draft without numbers proposes nothing, and harms nobody.
    private func propose(_ logits: UnsafeBufferPointer<Float>, _ branch: LiveBranch) {
        let depth = tree.depth(of: branch.node)
        guard
            let token = try? sampler.token(
                logits: logits, parameters: branch.request.sampling, stream: branch.noise(at: depth))
        else { return }
        tree.append([Int32(token)], to: branch.node)
        branch.proposals.append(Int32(token))
        branch.group.counters.tokensDrafted += 1
    }

    private func wantsDraft(_ branch: LiveBranch, round: Int, room: Int) -> Bool {
        guard branch.end == nil else { return false }
        if branch.request.writer == .draft { return round == 0 }
        guard branch.proposals.count == round,
            round < min(branch.request.draftLength, Scheduler.longestDraft, room),
            // While the target still reads a long prompt, proposals would only wait.
            tree.depth(of: branch.node) - tree.computedDepth(of: branch.node, model: target.number)
                <= Scheduler.longestDraft,
            tree.depth(of: branch.node) + 1 < contextLength
        else { return false }
        return branch.isDraftable && !branch.proposalsEnd(tokenizer)
    }

    // MARK: The target model

    /// One pass: each branch's next token, and behind it the proposals.
    private func runTarget() {
        let members = plan(on: target) { branch in
            branch.end == nil && branch.request.writer == .target ? 1 + branch.proposals.count : nil
        }
        target.run()
        for member in members where member.rows.isComplete { verify(member.branch, member.rows.outputs) }
        // Proposals that the pass had no room for are made again: nobody else may see unconfirmed tokens in the tree.
        for branch in queue where !branch.proposals.isEmpty {
            tree.truncate(branch.node, toDepth: tree.depth(of: branch.node) - branch.proposals.count)
            branch.proposals.removeAll()
        }
    }

    /// Takes the target's choices as long as they are what was proposed, and the first that is not.
    ///
    /// Both models choose with the same noise, so the choices are those of the target alone (Daliri et al., 2024).
    private func verify(_ branch: LiveBranch, _ outputs: [Int]) {
        let proposals = branch.proposals
        branch.proposals.removeAll()
        var depth = tree.depth(of: branch.node) - proposals.count
        let confirmed = depth
        var accepted = 0
        for output in outputs {
            guard let choice = choose(for: branch, target.output(output), at: depth) else { return }
            branch.take(choice, tokenizer)
            branch.isDraftable = branch.isDraftable && isKnownToDraft(Int32(choice.token))
            let isProposal = accepted < proposals.count && choice.token == Int(proposals[accepted])
            if isProposal {
                accepted += 1
                depth += 1
            }
            guard isProposal, branch.end == nil else {
                tree.truncate(branch.node, toDepth: confirmed + accepted)
                if !isProposal { tree.append([Int32(choice.token)], to: branch.node) }
                break
            }
        }
        branch.group.counters.tokensAccepted += accepted
    }

    // MARK: Both

    /// Plans the next pass of a model for all branches that want outputs, as far as there is room.
    ///
    /// - Parameter outputs: how many outputs a branch wants, or nil for none.
    private func plan(on runner: PassRunner, outputs: (LiveBranch) -> Int?) -> [Member] {
        var members: [Member] = []
        for branch in queue where !branch.isParked {
            guard let wanted = outputs(branch) else { continue }
            let before = runner.batch.rows.count
            let room = limits.rowsPerPass - before
            guard room >= wanted else { break }
            guard let rows = plan(branch, on: runner, outputs: wanted, limit: room) else { continue }
            let added = runner.batch.rows.count - before
            if runner === self.runner(for: branch), added > 0 || rows.isComplete { branch.isServed = true }
            members.append(Member(branch: branch, rows: rows))
            count(added, of: runner, for: branch)
            branch.group.counters.rowsRecomputed += rows.recomputed
        }
        countPass(of: runner, for: members)
        return members
    }

    /// Plans one branch; nil if the memory does not suffice.
    ///
    /// Proposals take no memory from others: without them there is less speed, but the same text.
    private func plan(_ branch: LiveBranch, on runner: PassRunner, outputs: Int, limit: Int) -> PlannedRows? {
        let writes = runner === self.runner(for: branch)
        do {
            return try tree.plan(
                branch.node, model: runner.number, outputs: outputs, limit: limit, mayEvict: writes,
                into: &runner.batch)
        } catch {
            if writes { park(for: branch, error) }
            return nil
        }
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

    /// The choice of a branch at a depth; nil, with the failure noted, if the logits are no numbers.
    private func choose(
        for branch: LiveBranch, _ logits: UnsafeBufferPointer<Float>, at depth: Int
    ) -> Sampler.Choice? {
        do {
            return try sampler.choose(
                logits: logits, parameters: branch.request.sampling, stream: branch.noise(at: depth))
        } catch {
            failures.append((branch.group.number, .invalidLogits(position: depth)))
            return nil
        }
    }

    /// Notes a new peak of KV memory for whoever is live; what it would be without sharing is only counted then.
    private func observeMemory() {
        let bytes = tree.bytesInUse
        var unshared: Int?
        for branch in queue where bytes > branch.group.counters.kvBytesPeak {
            unshared = unshared ?? tree.statistics.unsharedBytes
            branch.group.counters.kvBytesPeak = bytes
            branch.group.counters.kvBytesUnshared = unshared ?? 0
        }
    }
}
