/// A run of tokens under a parent, and what each model has computed of it.
struct CacheNode {
    /// The parent's place in the table; the root is its own parent.
    var parent: Int
    /// Depth of the first token.
    var start: Int
    /// The node's own tokens; empty for the root, and for a fork that has not grown yet, which has no children.
    var tokens: [Int32] = []
    /// The nodes that continue this one.
    var children = ChildIndex()
    /// How many owners want the node to stay.
    var holds = 0
    /// How many nodes had this place in the table before.
    var generation: UInt32
    /// One entry per model; empty while the place is vacant.
    var memory: [NodePages]

    /// Depth after the last token.
    var end: Int { start + tokens.count }
    /// Whether a node lives in this place of the table.
    var isLive: Bool { !memory.isEmpty }

    /// How many tokens from the node's first on equal those of `other`.
    func matches(_ other: ArraySlice<Int32>) -> Int {
        let longest = min(tokens.count, other.count)
        var count = 0
        while count < longest, tokens[count] == other[other.startIndex + count] { count += 1 }
        return count
    }
}
