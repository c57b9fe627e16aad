/// Growing paths that keep together as long as they say the same.
extension CacheTree {
    /// Adds tokens behind a node for one of its owners, along what stands there of them already.
    ///
    /// Branches of one node that write the same tokens this way stay one path with one set of keys and values, until they
    /// differ. They cost no KV memory before they are planned.
    ///
    /// - Returns: the end of the longer path. It is held instead of `node`, and may be another one.
    /// - Complexity: O(tokens that are added, and of the nodes that are split or put together for them).
    public func extend(_ node: NodeID, by tokens: [Int32]) -> NodeID {
        let index = index(of: node)
        precondition(index != CacheTree.rootIndex, "the root stays empty: fork it")
        let isAlone = isGrowable(node)
        guard !tokens.isEmpty else { return node }
        if !isAlone || nodes[index].tokens.isEmpty {
            let place = nodes[index].tokens.isEmpty ? nodes[index].parent : index
            let known = longestPrefix(of: tokens[...], behind: place)
            let count = known.depth - nodes[index].end
            if !isAlone || count > 0 {
                let leaf = fork(id(of: known.node), atDepth: known.depth)
                append(Array(tokens[count...]), to: leaf)
                leave(node)
                return leaf
            }
        }
        append(tokens, to: node)
        return node
    }

    /// Goes back to a depth of a node's path for one of its owners: what was behind it remains for others alone.
    ///
    /// - Returns: the end of the shorter path. It is held instead of `node`, and may be another one.
    /// - Complexity: O(nodes on the path + tokens of the nodes that are split or put together for it).
    public func retreat(_ node: NodeID, toDepth depth: Int) -> NodeID {
        let index = index(of: node)
        precondition((0...nodes[index].end).contains(depth), "retreat within the path")
        guard depth < nodes[index].end else { return node }
        if isGrowable(node), depth >= nodes[index].start {
            truncate(node, toDepth: depth)
            return node
        }
        let leaf = fork(node, atDepth: depth)
        leave(node)
        return leaf
    }

    /// Takes an owner away from a node, and puts nodes together that were split for that owner.
    private func leave(_ node: NodeID) {
        let remaining = removeOwner(of: node)
        guard remaining != CacheTree.rootIndex, nodes[remaining].children.members.count == 1 else { return }
        join(id(of: nodes[remaining].children.members[0]))
    }
}
