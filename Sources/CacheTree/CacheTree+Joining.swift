/// Putting nodes together again that were split for branches that are gone.
extension CacheTree {
    /// Makes one node of a node and those before it that nobody else holds or continues: it keeps its id.
    ///
    /// - Complexity: O(tokens of these nodes).
    package func join(_ node: NodeID) {
        let index = index(of: node)
        while isOnly(index) { absorbParent(of: index) }
    }

    /// Whether a node's parent is there for it alone.
    private func isOnly(_ index: Int) -> Bool {
        let parent = nodes[index].parent
        return index != CacheTree.rootIndex && parent != CacheTree.rootIndex && nodes[parent].holds == 0
            && nodes[parent].children.members == [index]
    }

    private func absorbParent(of index: Int) {
        let parent = nodes[index].parent
        for model in pools.indices {
            let upper = nodes[parent].memory[model]
            if let shared = nodes[index].memory[model].join(behind: upper, start: nodes[parent].start) {
                pools[model].release(shared)
            }
        }
        nodes[nodes[parent].parent].children.replace(parent, with: index, token: nodes[parent].tokens[0])
        nodes[index].tokens = nodes[parent].tokens + nodes[index].tokens
        nodes[index].start = nodes[parent].start
        nodes[index].parent = nodes[parent].parent
        vacate(parent)
    }
}
