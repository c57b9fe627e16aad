internal import CacheTree
internal import Transformer

/// What is put before the target: proposals of tokens, and the draft model's own texts.
extension Scheduler {
    /// Proposes what followed the same tokens before, in the branch's own path or in those that began where it did.
    func findProposals() {
        for branch in queue where branch.request.drafters.contains(.ngrams) {
            guard wantsProposal(branch) else { continue }
            let drafter = NGramDrafter(tree.tokens(of: branch.node), others: siblings(of: branch))
            for token in drafter.proposals(min(branch.request.draftLength, longestProposal)) {
                guard wantsProposal(branch) else { break }
                branch.text.propose(found: token)
                tree.append([token], to: branch.node)
            }
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
    func runDraft() {
        guard let draft else { return }
        for round in 0...Scheduler.longestDraft {
            let members = plan(on: draft) { branch in wantsDraft(branch, round: round) ? 1 : nil }
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
        grow(branch) { text throws(SamplingError) in try text.take(logits, sampler) }
        if let token = branch.text.tokens.last { tree.append([token], to: branch.node) }
    }

    /// Adds a token that the target has yet to confirm. A draft without numbers proposes nothing, and harms nobody.
    private func propose(_ logits: UnsafeBufferPointer<Float>, _ branch: LiveBranch) {
        guard let token = try? branch.text.propose(logits, sampler) else { return }
        tree.append([token], to: branch.node)
    }

    private func wantsDraft(_ branch: LiveBranch, round: Int) -> Bool {
        if branch.request.writer == .draft { return round == 0 && branch.text.end == nil }
        return branch.request.drafters.contains(.model) && branch.isDraftable
            && branch.text.proposals.count == round && branch.text.proposals.last?.drafter != .ngrams
            && wantsProposal(branch)
    }

    /// Whether one proposal more for a branch that the target writes may pay.
    private func wantsProposal(_ branch: LiveBranch) -> Bool {
        branch.text.end == nil && branch.request.writer == .target && !branch.isParked
            && branch.text.proposals.count < min(branch.request.draftLength, longestProposal)
            // While the target still reads a long prompt, proposals would only wait.
            && tree.depth(of: branch.node) - tree.computedDepth(of: branch.node, model: target.number)
                <= Scheduler.longestDraft
            && tree.depth(of: branch.node) + 1 < contextLength && !branch.text.proposalsEnd
    }
}
