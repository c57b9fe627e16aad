/// Which two tokens merge into which, and how early: an open-addressing hash table of pairs.
struct MergeTable: Sendable {
    /// What a pair merges into, packed so that the earlier merge is the smaller number.
    struct Merge: Comparable, Sendable {
        /// Rank in the upper half, merged token in the lower half.
        let packed: UInt64

        /// The pair does not merge; larger than every merge.
        static let none = Merge(packed: .max)

        init(packed: UInt64) { self.packed = packed }

        init(rank: Int, token: UInt32) { packed = UInt64(rank) << 32 | UInt64(token) }

        /// The place in the list of merges.
        var rank: UInt64 { packed >> 32 }
        /// The token that takes the place of the two.
        var token: UInt32 { UInt32(truncatingIfNeeded: packed) }

        static func < (left: Merge, right: Merge) -> Bool { left.packed < right.packed }
    }

    private struct Slot {
        var pair: UInt64
        var merge: Merge

        static let empty = Slot(pair: .max, merge: .none)
    }

    private var slots: [Slot]
    private let shift: UInt64

    /// An empty table for up to `capacity` pairs.
    init(capacity: Int) {
        let count = HashSeed.slots(for: capacity)
        slots = Array(repeating: .empty, count: count)
        shift = UInt64(64 - count.trailingZeroBitCount)
    }

    /// Adds a pair; a pair that is there already takes the new merge, as in the `tokenizers` library.
    mutating func insert(_ left: UInt32, _ right: UInt32, _ merge: Merge) {
        let pair = MergeTable.pair(left, right)
        var slot = home(of: pair)
        while slots[slot].pair != pair && slots[slot].pair != Slot.empty.pair { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Slot(pair: pair, merge: merge)
    }

    /// What two neighbours merge into, or `none`.
    ///
    /// - Complexity: O(1) expected.
    @inline(__always)
    subscript(left: UInt32, right: UInt32) -> Merge {
        let pair = MergeTable.pair(left, right)
        return slots.withUnsafeBufferPointer { slots in
            var slot = home(of: pair)
            while slots[slot].pair != pair {
                if slots[slot].pair == Slot.empty.pair { return .none }
                slot = (slot + 1) & (slots.count - 1)
            }
            return slots[slot].merge
        }
    }

    @inline(__always)
    private func home(of pair: UInt64) -> Int { Int(truncatingIfNeeded: HashSeed.hash(pair) >> shift) }

    private static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }
}
