import Transformer

/// What must always hold between two calls.
extension CacheTree {
    /// Checks the whole tree.
    ///
    /// - Returns: what is wrong first, in words, or nil if nothing is.
    /// - Complexity: O(nodes + pages + siblings that begin with the same token, squared).
    public func checkInvariants() -> String? {
        if let violation = checkTable() { return violation }
        for index in liveNodes {
            if let violation = checkLinks(of: index) { return "node \(index): \(violation)" }
        }
        for model in pools.indices {
            for index in liveNodes {
                if let violation = checkMemory(of: index, model: model) {
                    return "node \(index), model \(model): \(violation)"
                }
            }
            if let violation = checkPool(model) { return "model \(model): \(violation)" }
        }
        return checkTotals()
    }

    private var liveNodes: [Int32] { nodes.indices.map(Int32.init).filter { nodes[$0].isLive } }

    // MARK: Nodes

    private func checkTable() -> String? {
        let root = nodes[CacheTree.rootIndex]
        guard root.isLive, root.holds > 0, root.tokens.isEmpty, root.start == 0 else { return "the root has changed" }
        let dead = Set(nodes.indices.map(Int32.init).filter { !nodes[$0].isLive })
        guard vacant.count == dead.count, Set(vacant) == dead else {
            return "vacant places are not those without nodes"
        }
        var reached: Set<Int32> = [CacheTree.rootIndex]
        var open = [CacheTree.rootIndex]
        while let index = open.popLast() {
            for child in nodes[index].children.members {
                guard reached.insert(child).inserted else { return "node \(child) is reached twice" }
                guard nodes[child].parent == index else { return "node \(child) does not know its parent" }
                open.append(child)
            }
        }
        return reached.count == nodeCount ? nil : "\(reached.count) nodes can be reached, but \(nodeCount) live"
    }

    private func checkLinks(of index: Int32) -> String? {
        let node = nodes[index]
        guard index != CacheTree.rootIndex else { return nil }
        let parent = nodes[node.parent]
        guard node.start == parent.end else { return "begins at \(node.start), but its parent ends at \(parent.end)" }
        guard node.holds > 0 || !node.children.isEmpty else { return "has neither owners nor children" }
        guard !node.tokens.isEmpty || node.children.isEmpty else { return "is empty, but has children" }
        if let token = node.tokens.first {
            let found = parent.children.beginning(with: token).filter { $0 == index }.count
            guard found == 1 else { return "found \(found) times by its first token" }
        }
        return nil
    }

    // MARK: Memory

    private func checkMemory(of index: Int32, model: Int) -> String? {
        let (node, memory) = (nodes[index], nodes[index].memory[model])
        guard (0...node.tokens.count).contains(memory.computed) else { return "more computed than there are tokens" }
        let blocks = NodePages.blocks(from: node.start, to: node.start + memory.computed)
        guard memory.pages.count == blocks else { return "\(memory.pages.count) pages for \(blocks) computed blocks" }
        let parent = nodes[node.parent]
        guard memory.computed == 0 || parent.memory[model].computed == parent.tokens.count else {
            return "computed before its parent"
        }
        return checkInPlace(index, model: model)
    }

    /// Of the computed children that begin in a node's last page exactly one uses that page.
    private func checkInPlace(_ index: Int32, model: Int) -> String? {
        let node = nodes[index]
        guard node.end % PageLayout.tokens > 0, let page = node.memory[model].pages.last else { return nil }
        let children = node.children.members.filter { nodes[$0].memory[model].computed > 0 }
        let inPlace = children.filter { nodes[$0].memory[model].pages[0] == page }
        guard inPlace.count == (children.isEmpty ? 0 : 1) else {
            return "\(inPlace.count) of \(children.count) computed children write in place"
        }
        return nil
    }

    // MARK: Pages

    private func checkPool(_ model: Int) -> String? {
        let pool = pools[model]
        var references = Array(repeating: Int32(0), count: pool.references.count)
        var fills = Array(repeating: 0, count: pool.references.count)
        var blocks = Array(repeating: -1, count: pool.references.count)
        for index in liveNodes {
            let (start, memory) = (nodes[index].start, nodes[index].memory[model])
            for (offset, page) in memory.pages.enumerated() {
                let (page, block) = (Int(page), start / PageLayout.tokens + offset)
                guard references.indices.contains(page) else { return "page \(page) does not exist" }
                guard blocks[page] < 0 || blocks[page] == block else { return "page \(page) stands for two blocks" }
                references[page] += 1
                blocks[page] = block
                let used = min(start + memory.computed - block * PageLayout.tokens, PageLayout.tokens)
                fills[page] = max(fills[page], used)
            }
        }
        for page in references.indices {
            guard references[page] == pool.references[page] else {
                return "page \(page) has \(references[page]) references, but counts \(pool.references[page])"
            }
            guard references[page] == 0 || fills[page] == pool.fill(of: Int32(page)) else {
                return "page \(page) has \(fills[page]) slots in use, but counts \(pool.fill(of: Int32(page)))"
            }
        }
        return checkVacancy(of: pool, references: references) ?? checkMinimum(model)
    }

    private func checkVacancy(of pool: PagePool, references: [Int32]) -> String? {
        let unused = Set(references.indices.filter { references[$0] == 0 }.map(Int32.init))
        guard pool.vacant.count == unused.count, Set(pool.vacant) == unused else { return "pages leak" }
        guard pool.pagesInUse == references.count - unused.count else { return "pages in use do not add up" }
        return nil
    }

    /// A page for each block of a node that no computed descendant touches as well: fewer are impossible.
    private func checkMinimum(_ model: Int) -> String? {
        let needed = liveNodes.reduce(0) { sum, index in
            let isContinued = nodes[index].end % PageLayout.tokens > 0 && computedChild(of: index, model: model) != nil
            return sum + nodes[index].memory[model].pages.count - (isContinued ? 1 : 0)
        }
        let found = pools[model].pagesInUse
        return found == needed ? nil : "\(found) pages in use where \(needed) suffice"
    }

    private func checkTotals() -> String? {
        for model in pools.indices {
            let computed = liveNodes.reduce(0) { $0 + nodes[$1].memory[model].computed }
            guard computed == computedTokens[model] else {
                return "model \(model) has computed \(computed) tokens, but counts \(computedTokens[model])"
            }
        }
        let bytes = pools.reduce(0) { $0 + $1.bytesInUse }
        let budget = pools[0].budget
        guard bytes <= budget.used, budget.used <= budget.bytes else { return "the budget does not add up" }
        guard bytes <= peakBytes, budget.used <= budget.peak else { return "a peak is below what is in use" }
        return nil
    }
}
