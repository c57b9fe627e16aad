import Transformer

/// What a tree knows of its nodes.
extension CacheTree {
    /// Whether a node is still there.
    public func contains(_ node: NodeID) -> Bool {
        node.index < nodes.count && nodes[node.index].generation == node.generation && nodes[node.index].isLive
    }

    /// The node that a node continues, nil for the root.
    public func parent(of node: NodeID) -> NodeID? {
        node == root ? nil : id(of: nodes[index(of: node)].parent)
    }

    /// The node that has the last token of a path: the same for all branches that stand there.
    public func place(of node: NodeID) -> NodeID {
        let index = index(of: node)
        return nodes[index].tokens.isEmpty ? id(of: nodes[index].parent) : node
    }

    /// Tokens from the root to the end of a node.
    public func depth(of node: NodeID) -> Int { nodes[index(of: node)].end }

    /// The tokens of a node itself.
    public func tail(of node: NodeID) -> [Int32] { nodes[index(of: node)].tokens }

    /// Whether tokens can be appended to a node: it is no longer so once somebody else holds or has forked it.
    public func isGrowable(_ node: NodeID) -> Bool {
        let index = index(of: node)
        return index != CacheTree.rootIndex && nodes[index].holds == 1 && nodes[index].children.isEmpty
    }

    /// All tokens from the root to the end of a node.
    ///
    /// - Complexity: O(depth).
    public func tokens(of node: NodeID) -> [Int32] {
        Array(unsafeUninitializedCapacity: depth(of: node)) { buffer, count in
            count = buffer.count
            var index = node.index
            while index != CacheTree.rootIndex {
                for (offset, token) in nodes[index].tokens.enumerated() {
                    buffer.initializeElement(at: nodes[index].start + offset, to: token)
                }
                index = nodes[index].parent
            }
        }
    }

    /// How many tokens of a node's path, from the root on, have keys and values of a model.
    ///
    /// - Complexity: O(nodes at the end of the path that have none).
    public func computedDepth(of node: NodeID, model: Int) -> Int {
        let index = lastComputed(on: index(of: node), model: model)
        return nodes[index].start + nodes[index].memory[model].computed
    }

    /// The deepest node of a path of which a model has computed anything; the root if there is none.
    func lastComputed(on index: Int, model: Int) -> Int {
        var index = index
        while index != CacheTree.rootIndex, nodes[index].memory[model].computed == 0 { index = nodes[index].parent }
        return index
    }

    /// What to say when others take a path's keys and values again and again before it is complete.
    package func shortage(of node: NodeID, model: Int) -> CacheError {
        let missing =
            NodePages.blocks(from: 0, to: depth(of: node))
            - NodePages.blocks(from: 0, to: computedDepth(of: node, model: model))
        return .outOfMemory(needed: missing * pools[model].layout.bytesPerPage, budget: budget.bytes)
    }

    /// How many nodes there are, the root included.
    public var nodeCount: Int { nodes.count - vacant.count }

    /// How many nodes besides the root have no children.
    ///
    /// - Complexity: O(nodes).
    public var liveLeaves: Int { leaves.count }

    /// Bytes of the pages in use, over all models.
    ///
    /// - Complexity: O(1).
    public var bytesInUse: Int { pools.reduce(0) { $0 + $1.bytesInUse } }

    /// How often a page was handed out, and how often one was evicted to make room, over all models.
    package var pageTraffic: (allocated: Int, evicted: Int) {
        (pools.reduce(0) { $0 + $1.pagesTaken }, pagesEvicted)
    }

    /// Bytes that the keys and values of these paths would take, over all models, if each had its own copy.
    ///
    /// - Complexity: O(nodes given × models).
    package func unsharedBytes(of nodes: [NodeID]) -> Int {
        pools.indices.reduce(0) { sum, model in
            let pages = nodes.reduce(0) { $0 + NodePages.blocks(from: 0, to: computedDepth(of: $1, model: model)) }
            return sum + pages * pools[model].layout.bytesPerPage
        }
    }

    /// What one model's KV memory costs.
    ///
    /// - Complexity: O(nodes).
    public func statistics(of model: Int) -> CacheStatistics {
        let (pool, bytesPerPage) = (pools[model], pools[model].layout.bytesPerPage)
        let unsharedPages = leaves.reduce(0) { sum, leaf in
            sum + NodePages.blocks(from: 0, to: computedDepth(of: id(of: leaf), model: model))
        }
        return CacheStatistics(
            bytesInUse: pool.bytesInUse,
            peakBytes: pool.peakPages * bytesPerPage,
            uniqueBytes: computedTokens[model] * pool.layout.bytesPerToken,
            unsharedBytes: unsharedPages * bytesPerPage,
            pagesAllocated: pool.pagesTaken, pagesCopied: pool.pagesCopied)
    }

    /// What the KV memory of all models together costs; its peak is the peak of the sum.
    ///
    /// - Complexity: O(nodes × models).
    public var statistics: CacheStatistics {
        var total = CacheStatistics(
            peakBytes: peakBytes, pagesEvicted: pagesEvicted, tokensRecomputed: tokensRecomputed)
        for model in pools.indices {
            let one = statistics(of: model)
            total.bytesInUse += one.bytesInUse
            total.uniqueBytes += one.uniqueBytes
            total.unsharedBytes += one.unsharedBytes
            total.pagesAllocated += one.pagesAllocated
            total.pagesCopied += one.pagesCopied
        }
        return total
    }

    /// Places of the nodes without children, except the root.
    private var leaves: [Int] {
        nodes.indices.dropFirst().filter { nodes[$0].isLive && nodes[$0].children.isEmpty }
    }
}
