public import Transformer

/// A tree of token runs whose branches share KV pages.
///
/// Several models attach to the same tree of tokens; each has its own pages and computes lazily. The tree owns page
/// slots and makes paths for forward passes, but never runs arithmetic. A page covers 16 consecutive depths of a path;
/// at every moment the tree uses the fewest pages that this allows: a page is shared by all paths that agree on the
/// block, except that of several branches which go on behind the same token within a block only one writes in place,
/// and the others have a copy of the block.
///
/// A node stays as long as it is held or has children, with its tokens. Its keys and values stay while the budget allows:
/// when that runs out, those that no plan has needed for the longest time are evicted, and computed again on need. The
/// tree is used from one thread at a time. Between the planning of rows and the pass that computes them, nothing may be
/// released, truncated or evicted.
public final class CacheTree {
    /// The KV memory of each model.
    let pools: [PagePool]
    /// Tokens with keys and values, per model, each counted once however many paths share it.
    var computedTokens: [Int]
    /// The most bytes of all models together that were ever in use at once.
    var peakBytes = 0
    /// Pages that came back by eviction, over all models.
    var pagesEvicted = 0
    /// Tokens that were computed again after an eviction, over all models.
    var tokensRecomputed = 0
    /// When each model's next pass began to be planned, by the budget's clock: what was used since is not evicted.
    var pinnedSince: [Int?]
    /// The memory that all models share.
    let budget: CacheBudget
    /// All nodes, and vacant places; the root comes first.
    var nodes: [CacheNode]
    /// Places that can be used again.
    private(set) var vacant: [Int] = []

    /// Makes a tree that holds nothing but its root, and reserves address space for each model.
    ///
    /// - Parameters:
    ///   - models: the form of each model's pages, of at least one; models are named by their index here.
    ///   - budget: bytes for all pages of all models; other trees may share it.
    /// - Throws: `CacheError.noAddressSpace` if the system refuses.
    public init(models: [PageLayout], budget: CacheBudget) throws(CacheError) {
        precondition(!models.isEmpty, "a cache tree serves at least one model")
        var pools: [PagePool] = []
        for layout in models { pools.append(try PagePool(layout: layout, budget: budget)) }
        self.pools = pools
        self.budget = budget
        pinnedSince = Array(repeating: nil, count: models.count)
        computedTokens = Array(repeating: 0, count: models.count)
        let memory = Array(repeating: NodePages(), count: models.count)
        nodes = [CacheNode(parent: CacheTree.rootIndex, start: 0, holds: 1, generation: 0, memory: memory)]
        budget.add(self)
    }

    /// The root's place in the table.
    static let rootIndex = 0

    /// The empty node that every path begins at; it stays forever.
    public var root: NodeID { id(of: CacheTree.rootIndex) }

    /// Where a model's pages lie. Stable for the life of the tree.
    public func memory(of model: Int) -> PageMemory { pools[model].memory }

    // MARK: Owning nodes

    /// Adds an owner to a node.
    public func hold(_ node: NodeID) {
        nodes[index(of: node)].holds += 1
    }

    /// Takes an owner away; a node without owners and children disappears, and so does then perhaps its parent.
    ///
    /// Pages that nobody needs any more are back in the pool when this returns.
    public func release(_ node: NodeID) { removeOwner(of: node) }

    /// Takes an owner away from a node, and returns the deepest node of its path that remains.
    @discardableResult
    func removeOwner(of node: NodeID) -> Int {
        let index = index(of: node)
        precondition(nodes[index].holds > (index == CacheTree.rootIndex ? 1 : 0), "release only what is held")
        nodes[index].holds -= 1
        return removeUnused(from: index)
    }

    /// Makes a branch at the end of a node: an empty node, held once.
    ///
    /// Copies nothing. An empty node has no children: a fork of an empty node is its sibling, which stands at the same
    /// place of the tree, so both can grow.
    /// - Complexity: O(1), whatever the depth.
    public func fork(_ node: NodeID) -> NodeID {
        var parent = index(of: node)
        if nodes[parent].tokens.isEmpty { parent = nodes[parent].parent }
        let child = insert(under: parent, start: nodes[parent].end)
        nodes[child].holds = 1
        nodes[parent].children.add(child, token: nil)
        return id(of: child)
    }

    /// Makes a branch behind the first `depth` tokens of a node's path: an empty node, held once.
    ///
    /// Copies no pages. If the depth lies inside a node, that node is split: the upper part becomes a new node, the
    /// lower part keeps the id and the owners.
    /// - Complexity: O(nodes on the path + tokens of the split node).
    public func fork(_ node: NodeID, atDepth depth: Int) -> NodeID {
        let index = index(of: node)
        precondition((0...nodes[index].end).contains(depth), "fork within the path")
        return fork(id(of: end(of: index, at: depth)))
    }

    /// The node that ends at a depth of a path: another one is split for it if need be.
    func end(of index: Int, at depth: Int) -> Int {
        var index = index
        while depth <= nodes[index].start, index != CacheTree.rootIndex { index = nodes[index].parent }
        return depth < nodes[index].end ? split(index, at: depth) : index
    }

    // MARK: Tokens

    /// Adds tokens to a leaf that has exactly one owner.
    ///
    /// They cost no KV memory before they are planned.
    public func append(_ tokens: [Int32], to node: NodeID) {
        let index = exclusiveLeaf(node)
        guard let first = tokens.first else { return }
        if nodes[index].tokens.isEmpty {
            nodes[nodes[index].parent].children.rekey(index, from: nil, to: first)
        }
        nodes[index].tokens.append(contentsOf: tokens)
    }

    /// Forgets the last tokens of a leaf that has exactly one owner, such as rejected drafts.
    ///
    /// - Parameter depth: the depth that remains, not above the node's own tokens.
    public func truncate(_ node: NodeID, toDepth depth: Int) {
        let index = exclusiveLeaf(node)
        precondition((nodes[index].start...nodes[index].end).contains(depth), "truncate within the node's own tokens")
        let count = depth - nodes[index].start
        for model in pools.indices {
            shrink(index, model: model, to: count)
            nodes[index].memory[model].reached = min(nodes[index].memory[model].reached, count)
        }
        if count == 0, let first = nodes[index].tokens.first {
            nodes[nodes[index].parent].children.rekey(index, from: first, to: nil)
        }
        nodes[index].tokens.removeLast(nodes[index].tokens.count - count)
    }

    /// The place of a leaf that may change because one owner has it for itself.
    private func exclusiveLeaf(_ node: NodeID) -> Int {
        let index = index(of: node)
        precondition(index != CacheTree.rootIndex, "the root stays empty: fork it")
        precondition(nodes[index].holds == 1, "only the single owner of a node may change it")
        precondition(nodes[index].children.isEmpty, "only a leaf may change: fork it")
        return index
    }

    // MARK: The table of nodes

    /// The name of the node in a place.
    func id(of index: Int) -> NodeID { NodeID(index: index, generation: nodes[index].generation) }

    /// The place of a node, which must not have disappeared.
    func index(of node: NodeID) -> Int {
        precondition(contains(node), "the node has disappeared: hold what is still needed")
        return node.index
    }

    /// A place for a new node, which its parent does not know yet.
    private func insert(under parent: Int, start: Int) -> Int {
        let memory = Array(repeating: NodePages(), count: pools.count)
        guard let index = vacant.popLast() else {
            nodes.append(CacheNode(parent: parent, start: start, generation: 0, memory: memory))
            return nodes.count - 1
        }
        let generation = nodes[index].generation
        nodes[index] = CacheNode(parent: parent, start: start, generation: generation, memory: memory)
        return index
    }

    /// Removes a node and its ancestors as far as they have neither owners nor children, and returns the one that remains.
    private func removeUnused(from index: Int) -> Int {
        var index = index
        while index != CacheTree.rootIndex, nodes[index].holds == 0, nodes[index].children.isEmpty {
            for model in pools.indices { shrink(index, model: model, to: 0) }
            let parent = nodes[index].parent
            nodes[parent].children.remove(index, token: nodes[index].tokens.first)
            vacate(index)
            index = parent
        }
        return index
    }

    /// Empties a node's place, which nothing refers to any more.
    func vacate(_ index: Int) {
        nodes[index] = CacheNode(parent: 0, start: 0, generation: nodes[index].generation &+ 1, memory: [])
        vacant.append(index)
    }

    /// Splits a node in two at a depth inside it, and returns the new upper part.
    private func split(_ index: Int, at depth: Int) -> Int {
        let (parent, start, token) = (nodes[index].parent, nodes[index].start, nodes[index].tokens[0])
        let count = depth - start
        let upper = insert(under: parent, start: start)
        nodes[upper].tokens = Array(nodes[index].tokens.prefix(count))
        nodes[parent].children.replace(index, with: upper, token: token)
        nodes[index].tokens.removeFirst(count)
        nodes[index].start = depth
        nodes[index].parent = upper
        nodes[upper].children.add(index, token: nodes[index].tokens[0])
        for model in pools.indices {
            let parts = nodes[index].memory[model].split(after: count, start: start)
            nodes[upper].memory[model] = parts.upper
            if let shared = parts.shared { pools[model].retain(shared) }
        }
        return upper
    }
}
