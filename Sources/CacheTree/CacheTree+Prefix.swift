/// Finding what is there already.
extension CacheTree {
    /// The node that contains the longest prefix of `tokens`, and the prefix's length.
    ///
    /// Fork it at that depth before anything is released, since the result is not held. Of several branches with the
    /// same tokens any may be found, but always the same one after the same history.
    /// - Complexity: O(tokens that match), times the branches that repeat each other.
    public func longestPrefix(of tokens: [Int32]) -> (node: NodeID, depth: Int) {
        let found = longestPrefix(of: tokens[...], behind: CacheTree.rootIndex)
        return (id(of: found.node), found.depth)
    }

    /// The node below another that contains the longest prefix of what follows that, and the depth where the prefix ends.
    func longestPrefix(of tokens: ArraySlice<Int32>, behind index: Int) -> (node: Int, depth: Int) {
        let base = nodes[index].end
        var best = (node: index, depth: base)
        var open = [index]
        while let index = open.popLast() {
            let rest = tokens.dropFirst(nodes[index].end - base)
            guard let next = rest.first else { continue }
            for child in nodes[index].children.beginning(with: next) {
                let depth = nodes[index].end + nodes[child].matches(rest)
                if depth > best.depth { best = (child, depth) }
                if depth == nodes[child].end { open.append(child) }
            }
        }
        return best
    }
}
