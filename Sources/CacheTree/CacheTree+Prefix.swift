/// Finding what is there already.
extension CacheTree {
    /// The node that contains the longest prefix of `tokens`, and the prefix's length.
    ///
    /// Fork it at that depth before anything is released, since the result is not held. Of several branches with the
    /// same tokens any may be found, but always the same one after the same history.
    /// - Complexity: O(tokens that match), times the branches that repeat each other.
    public func longestPrefix(of tokens: [Int32]) -> (node: NodeID, depth: Int) {
        var best = (node: CacheTree.rootIndex, depth: 0)
        var open = [CacheTree.rootIndex]
        while let index = open.popLast() {
            let start = nodes[index].end
            guard start < tokens.count else { continue }
            for child in nodes[index].children.beginning(with: tokens[start]) {
                let depth = start + nodes[child].matches(tokens)
                if depth > best.depth { best = (child, depth) }
                if depth == nodes[child].end { open.append(child) }
            }
        }
        return (id(of: best.node), best.depth)
    }
}
