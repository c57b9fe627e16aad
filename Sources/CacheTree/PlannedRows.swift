/// What `CacheTree.plan` has put into a batch.
public struct PlannedRows: Hashable, Sendable {
    /// Indices of the batch's outputs for the wanted last tokens of the path, the shallowest first.
    ///
    /// They need not be consecutive, since branches that want the output of the same row share it. Empty if the path
    /// is not complete.
    public let outputs: [Int]
    /// Whether the path is computed up to its end once the pass has run; otherwise plan it again in the next pass.
    public let isComplete: Bool
    /// How many of the rows had been computed before, but were evicted.
    public let recomputed: Int

    /// - Parameters: the values of the properties, in their order.
    package init(outputs: [Int], isComplete: Bool, recomputed: Int) {
        self.outputs = outputs
        self.isComplete = isComplete
        self.recomputed = recomputed
    }
}
