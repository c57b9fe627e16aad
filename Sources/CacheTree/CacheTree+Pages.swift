import Transformer

/// Which node refers to which page.
///
/// The nodes that refer to a page are a chain of ancestors within one block. The deepest of them uses all slots up to
/// the page's fill; the others use fewer, and what is written behind their slots does not disturb them. If a node ends
/// inside a block and the model has computed some of its children, exactly one of them writes in place, that is, uses
/// the node's own page. That keeps the number of pages at its minimum.
extension CacheTree {
    /// The pages of a node's path, from depth 0 as far as the model has computed it.
    package func pages(of node: NodeID, model: Int) -> [Int32] {
        let index = index(of: node)
        let computed = computedDepth(of: node, model: model)
        return pages(of: index, model: model, blocks: NodePages.blocks(from: 0, to: computed))
    }

    /// The pages of the first `blocks` blocks, which must be computed, of the path to the node in a place.
    func pages(of index: Int, model: Int, blocks: Int) -> [Int32] {
        Array(unsafeUninitializedCapacity: blocks) { buffer, count in
            var missing = blocks
            var index = index
            while missing > 0 {
                let first = nodes[index].start / PageLayout.tokens
                let pages = nodes[index].memory[model].pages
                // The deepest node that touches a block knows its page: that has the slots of all its ancestors.
                for block in first..<max(first, min(missing, first + pages.count)) {
                    buffer.initializeElement(at: block, to: pages[block - first])
                }
                if !pages.isEmpty { missing = min(missing, first) }
                index = nodes[index].parent
            }
            count = blocks
        }
    }

    /// A child of which the model has computed something, the oldest.
    func computedChild(of index: Int, model: Int) -> Int? {
        nodes[index].children.members.first { nodes[$0].memory[model].computed > 0 }
    }

    /// The page that a node begins in and a sibling goes on writing; nil if the node can begin without a copy.
    func pageToCopy(for index: Int, model: Int) -> Int32? {
        let slot = nodes[index].start % PageLayout.tokens
        guard slot > 0, nodes[index].memory[model].computed == 0 else { return nil }
        guard let page = nodes[nodes[index].parent].memory[model].pages.last else { return nil }
        return pools[model].fill(of: page) == slot ? nil : page
    }

    /// Gives a node the pages that its first `count` tokens need, and counts these as computed.
    ///
    /// The pool must have the pages, and the node's ancestors must be computed.
    func extend(_ index: Int, model: Int, to count: Int) {
        let start = nodes[index].start
        guard count > nodes[index].memory[model].computed else { return }
        if nodes[index].memory[model].pages.isEmpty, start % PageLayout.tokens > 0 {
            nodes[index].memory[model].pages.append(firstPage(of: index, model: model))
        }
        let first = start / PageLayout.tokens
        let touched = max(0, nodes[index].memory[model].pages.count - 1)
        for offset in touched..<NodePages.blocks(from: start, to: start + count) {
            if offset == nodes[index].memory[model].pages.count {
                nodes[index].memory[model].pages.append(pools[model].take())
            }
            let used = start + count - (first + offset) * PageLayout.tokens
            pools[model].setFill(of: nodes[index].memory[model].pages[offset], to: min(used, PageLayout.tokens))
        }
        let computed = nodes[index].memory[model].computed
        computedTokens[model] += count - computed
        tokensRecomputed += max(0, min(count, nodes[index].memory[model].reached) - computed)
        nodes[index].memory[model].computed = count
        nodes[index].memory[model].reached = max(count, nodes[index].memory[model].reached)
    }

    /// The page for a node that begins inside a block: its parent's, or a copy if a sibling writes there already.
    private func firstPage(of index: Int, model: Int) -> Int32 {
        if let page = pageToCopy(for: index, model: model) { return pools[model].takeCopy(of: page) }
        let parent = nodes[index].parent
        guard let page = nodes[parent].memory[model].pages.last else {
            preconditionFailure("a node is computed after its parent")
        }
        pools[model].retain(page)
        return page
    }

    /// Takes the pages back that a node does not need for its first `count` tokens, if more are computed.
    ///
    /// Nothing of its children may be computed.
    func shrink(_ index: Int, model: Int, to count: Int) {
        let computed = nodes[index].memory[model].computed
        guard count < computed else { return }
        let start = nodes[index].start
        let kept = NodePages.blocks(from: start, to: start + count)
        let pages = nodes[index].memory[model].pages
        nodes[index].memory[model].pages.removeLast(pages.count - kept)
        nodes[index].memory[model].computed = count
        computedTokens[model] -= computed - count
        for page in pages[kept...].reversed() where pools[model].release(page) {
            settle(page, under: nodes[index].parent, model: model)
        }
        if kept > 0 {
            let block = (start + count - 1) / PageLayout.tokens
            pools[model].setFill(of: pages[kept - 1], to: start + count - block * PageLayout.tokens)
        }
    }

    /// Finds the best use of a page that a child of `owner` wrote in place and has left.
    ///
    /// If another child has a copy of the page, `owner` and those of its ancestors that refer to the page refer to the
    /// copy instead, whose first slots hold the same bits, and the page is free. Otherwise the slots behind `owner` are.
    private func settle(_ page: Int32, under owner: Int, model: Int) {
        guard let child = computedChild(of: owner, model: model) else {
            let block = (nodes[owner].end - 1) / PageLayout.tokens
            pools[model].setFill(of: page, to: nodes[owner].end - block * PageLayout.tokens)
            return
        }
        let copy = nodes[child].memory[model].pages[0]
        var index = owner
        while let last = nodes[index].memory[model].pages.indices.last,
            nodes[index].memory[model].pages[last] == page
        {
            nodes[index].memory[model].pages[last] = copy
            pools[model].retain(copy)
            pools[model].release(page)
            index = nodes[index].parent
        }
    }
}
