/// A number of bytes that all pages of one or several trees together may take.
///
/// One counter over every model, so that a target that needs room and a draft that leaves some meet in the middle.
/// It counts whole pages in use. When they run out, what was not needed for the longest time is evicted, in whichever tree
/// it lies. Like the trees that share it, it is used from one thread at a time: `@unchecked Sendable` lets actors that run
/// on the same thread share one.
public final class CacheBudget: @unchecked Sendable {
    /// The limit in bytes.
    public let bytes: Int
    /// Bytes of all pages in use now.
    public private(set) var used = 0
    /// The most bytes that were ever in use at once.
    public private(set) var peak = 0
    /// How often anything was used: what a later use is told from an earlier one by, over all trees.
    private var clock = 0
    private var trees: [WeakTree] = []

    private struct WeakTree {
        weak var tree: CacheTree?
    }

    /// - Parameter bytes: the limit, not negative.
    public init(bytes: Int) {
        precondition(bytes >= 0, "a budget is not negative")
        self.bytes = bytes
    }

    /// Bytes that are still free.
    public var free: Int { bytes - used }

    /// Counts `count` bytes, which must be free, as used.
    func take(_ count: Int) {
        precondition(count <= free, "take only what is free")
        used += count
        peak = max(peak, used)
    }

    /// Counts `count` used bytes as free again.
    func giveBack(_ count: Int) {
        precondition(count <= used, "give back only what was taken")
        used -= count
    }

    // MARK: Eviction

    /// Adds a tree whose pages may be evicted, for as long as it lives.
    func add(_ tree: CacheTree) {
        trees.removeAll { $0.tree == nil }
        trees.append(WeakTree(tree: tree))
    }

    /// The time of a use: later than all before.
    func tick() -> Int {
        clock += 1
        return clock
    }

    /// Evicts until `count` bytes are free, or nothing is left that may be evicted; nothing at all where that is known not
    /// to suffice.
    ///
    /// - Parameter kept: what is about to be continued, and so is not evicted.
    /// - Complexity: O(nodes of all trees) for each generation of ancestors that is evicted.
    func makeRoom(_ count: Int, keeping kept: EvictionCandidate) {
        guard count > free, count - free <= trees.reduce(0, { $0 + ($1.tree?.evictableBytes ?? 0) }) else { return }
        while count > free {
            let candidates = trees.compactMap(\.tree).flatMap { $0.evictionCandidates }.filter { $0 != kept }
            guard !candidates.isEmpty else { return }
            for candidate in candidates.sorted(by: { $0.lastUse < $1.lastUse }) where count > free {
                candidate.tree.evict(candidate, atLeast: count - free)
            }
        }
    }
}
