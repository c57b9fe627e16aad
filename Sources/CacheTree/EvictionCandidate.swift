/// What a model has computed of a node, if nothing that it has computed continues that.
struct EvictionCandidate: Equatable {
    let tree: CacheTree
    /// The node's place in the table.
    let node: Int
    let model: Int
    /// When a plan last needed it.
    var lastUse = 0
    /// Pages, from its first, that rows of a planned pass use and that have to stay where they are.
    var pinnedPages = 0

    static func == (left: EvictionCandidate, right: EvictionCandidate) -> Bool {
        left.tree === right.tree && left.node == right.node && left.model == right.model
    }
}
