import Transformer

/// Giving keys and values up for others, while the tokens stay.
///
/// What is evicted is computed again when a path needs it: the same bits, at the price of its rows. A node is evicted from
/// its end, page by page, and after all that continues it.
extension CacheTree {
    /// Keeps what a model has computed of a path until the model's next pass has run, as planning a path does.
    public func pin(_ node: NodeID, model: Int) {
        let now = budget.tick()
        pinnedSince[model] = pinnedSince[model] ?? now
        var index = index(of: node)
        while index != CacheTree.rootIndex {
            nodes[index].memory[model].lastUse = now
            index = nodes[index].parent
        }
    }

    /// Lets go of all paths that were pinned or planned for a model: its pass has run.
    public func unpin(model: Int) {
        pinnedSince[model] = nil
    }

    /// Forgets what a model has computed of a node, but keeps its tokens; the next plan computes it again.
    ///
    /// - Precondition: the model has computed nothing of the node's children.
    package func evict(_ node: NodeID, model: Int) {
        let index = index(of: node)
        precondition(computedChild(of: index, model: model) == nil, "evict children first")
        evict(EvictionCandidate(tree: self, node: index, model: model), atLeast: .max)
    }

    /// Makes room for so many pages of a model, at the expense of what is not pinned.
    ///
    /// - Parameter index: the node that is about to be continued: what it has stays.
    func makeRoom(_ pages: Int, model: Int, keeping index: Int) {
        let kept = EvictionCandidate(tree: self, node: index, model: model)
        budget.makeRoom(pages * pools[model].layout.bytesPerPage, keeping: kept)
    }

    /// Bytes that may be evicted at most.
    ///
    /// What continues a node that is not pinned is not pinned either, so all of it may go.
    var evictableBytes: Int {
        pools.indices.reduce(0) { sum, model in
            let pages = nodes.indices.reduce(0) { pages, index in
                guard nodes[index].isLive, !isPinned(index, model: model) else { return pages }
                let own = nodes[index].memory[model].pages
                // A page that the parent has as well counts there.
                let isShared = own.first == nodes[nodes[index].parent].memory[model].pages.last
                return pages + own.count - (isShared && !own.isEmpty ? 1 : 0)
            }
            return sum + pages * pools[model].layout.bytesPerPage
        }
    }

    /// All that may be evicted now.
    var evictionCandidates: [EvictionCandidate] {
        pools.indices.flatMap { model in
            nodes.indices.compactMap { index in
                guard nodes[index].isLive, nodes[index].memory[model].computed > 0 else { return nil }
                guard !isPinned(index, model: model), computedChild(of: index, model: model) == nil else { return nil }
                let candidate = EvictionCandidate(
                    tree: self, node: index, model: model, lastUse: nodes[index].memory[model].lastUse,
                    pinnedPages: hasPinnedPage(index, model: model) ? 1 : 0)
                return nodes[index].memory[model].pages.count > candidate.pinnedPages ? candidate : nil
            }
        }
    }

    private func isPinned(_ index: Int, model: Int) -> Bool {
        guard let pinned = pinnedSince[model] else { return false }
        return nodes[index].memory[model].lastUse >= pinned
    }

    /// Whether a node's first page belongs to a pinned ancestor as well, which would have to change to the copy of
    /// another child if the node left it.
    private func hasPinnedPage(_ index: Int, model: Int) -> Bool {
        let page = nodes[index].memory[model].pages[0]
        var ancestor = nodes[index].parent
        while nodes[ancestor].memory[model].pages.last == page {
            if isPinned(ancestor, model: model) { return true }
            ancestor = nodes[ancestor].parent
        }
        return false
    }

    /// Takes pages back from the end of a node until they have so many bytes, or the node has no more to give.
    func evict(_ candidate: EvictionCandidate, atLeast bytes: Int) {
        let (index, model) = (candidate.node, candidate.model)
        let (start, pages) = (nodes[index].start, nodes[index].memory[model].pages.count)
        let bytesPerPage = pools[model].layout.bytesPerPage
        let kept = max(candidate.pinnedPages, pages - 1 - (bytes - 1) / bytesPerPage)
        let before = pools[model].pagesInUse
        let end = (start / PageLayout.tokens + kept) * PageLayout.tokens
        shrink(index, model: model, to: kept == 0 ? 0 : end - start)
        pagesEvicted += before - pools[model].pagesInUse
    }
}
