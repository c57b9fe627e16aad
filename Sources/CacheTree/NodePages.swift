import Transformer

/// What one model has computed of one node, and where it lies.
struct NodePages {
    /// One page for each block of 16 depths that the computed tokens touch, the shallowest first.
    var pages: [Int32] = []
    /// Tokens of the node, from its first, that have keys and values.
    var computed = 0
    /// Tokens of the node, from its first, that have keys and values or had them before they were evicted.
    var reached = 0
    /// When a plan last needed them, by the clock of the budget.
    var lastUse = 0

    /// Blocks that the depths `start ..< end` touch.
    static func blocks(from start: Int, to end: Int) -> Int {
        guard end > start else { return 0 }
        return (end - 1) / PageLayout.tokens - start / PageLayout.tokens + 1
    }

    /// Cuts off what belongs to the first `count` tokens of a node that begins at `start`.
    ///
    /// - Returns: that part, and the page that both parts refer to if the cut goes through a computed block.
    mutating func split(after count: Int, start: Int) -> (upper: NodePages, shared: Int32?) {
        var upper = self
        upper.reached = min(reached, count)
        reached -= upper.reached
        guard computed > count else {
            (pages, computed) = ([], 0)
            return (upper, nil)
        }
        let kept = NodePages.blocks(from: start, to: start + count)
        (upper.pages, upper.computed) = (Array(pages.prefix(kept)), count)
        let isShared = (start + count) % PageLayout.tokens != 0
        pages.removeFirst(isShared ? kept - 1 : kept)
        computed -= count
        return (upper, isShared ? upper.pages[kept - 1] : nil)
    }

    /// Puts the part of the node before, which begins at `start`, in front: the reverse of `split`.
    ///
    /// - Returns: the page that both parts referred to, if there is one.
    mutating func join(behind upper: NodePages, start: Int) -> Int32? {
        reached += upper.reached
        lastUse = max(lastUse, upper.lastUse)
        let isShared = computed > 0 && (start + upper.computed) % PageLayout.tokens != 0
        let shared = isShared ? upper.pages.last : nil
        precondition(!isShared || shared == pages.first, "an only child writes in place")
        pages = upper.pages + pages.dropFirst(isShared ? 1 : 0)
        computed += upper.computed
        return shared
    }
}
