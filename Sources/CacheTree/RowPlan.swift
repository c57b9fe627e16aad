import Transformer

/// What one call of `CacheTree.plan` is about to do; nothing has changed yet.
struct RowPlan {
    /// Place of the node in the table.
    let node: Int32
    /// The model to plan for.
    let model: Int
    /// Depth up to which the path is computed now.
    let computed: Int
    /// Depth up to which the path will be computed.
    var end: Int
    /// Depth of the first token whose output is wanted.
    let firstOutput: Int
    /// The page that a sibling goes on writing, so that this path needs a copy of it.
    let copied: Int32?
    /// Computed depths in the copied page whose rows are part of this same batch.
    ///
    /// They cannot be copied, because they are not written before the pass runs; the copy gets rows of its own.
    let restored: [Int]
    /// Computed depths that get a row again, ascending: the restored ones, and those whose output is wanted again.
    var repeated: [Int]
    /// Indices of the wanted outputs, nil for those whose row is still to be added.
    var outputs: [Int?]
    /// Whether a wanted output belongs to a row that is already in the batch without an output.
    var isBlocked = false
    /// Whether the plan reaches the end of the path.
    var isComplete = true

    /// Rows to add.
    var rows: Int { repeated.count + end - computed }
    /// Pages to take from the pool.
    var pages: Int {
        NodePages.blocks(from: 0, to: end) - NodePages.blocks(from: 0, to: computed) + (copied == nil ? 0 : 1)
    }

    /// Cuts the plan to at most `limit` rows.
    ///
    /// The wanted outputs are computed together in the last of several passes, so a plan that is cut ends before them.
    /// - Returns: whether anything is left to do in this pass.
    mutating func cut(to limit: Int) -> Bool {
        if !isBlocked, rows <= limit { return true }
        isComplete = false
        end = min(computed + min(limit - restored.count, end - computed), firstOutput)
        repeated = restored
        outputs = []
        return end > computed
    }
}
