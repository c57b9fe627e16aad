internal import CacheTree

/// Who has keys and values when there is not room for all.
extension Scheduler {
    /// Keeps what the models that write have computed of their branches: one must not take from another what both need.
    ///
    /// If all are parked, whatever they waited for is gone: the first goes on.
    func pinPaths() {
        if queue.allSatisfy(\.isParked) { resume(1) }
        for branch in queue where !branch.isParked && branch.text.end == nil {
            tree.pin(branch.node, model: runner(for: branch).number)
        }
    }

    /// Lets the branch that came last wait for memory, so that in the next step it gives its own to the others; one alone
    /// cannot have more than there is.
    func park(for branch: LiveBranch, _ error: CacheError) {
        guard !hasParked else { return }
        let active = queue.filter { !$0.isParked && $0.text.end == nil }
        guard active.count > 1, let last = active.max(by: { $0.number < $1.number }) else {
            failures.append((branch.group.number, .memory(error)))
            return
        }
        last.isParked = true
        last.progress.reset()
        hasParked = true
    }

    /// Lets so many of the branches that wait for memory try again, those that came first.
    func resume(_ count: Int) {
        let parked = queue.filter(\.isParked).sorted { $0.number < $1.number }
        for branch in parked.prefix(count) { branch.isParked = false }
    }

    /// Whoever writes a branch.
    func runner(for branch: LiveBranch) -> PassRunner {
        guard branch.request.writer == .draft, let draft else { return target }
        return draft
    }
}
