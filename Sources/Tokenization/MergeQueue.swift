/// The places of a long piece that may merge: those of the smallest rank first, from left to right.
///
/// A long piece repeats itself: it has many places, but few ranks. So the places of a rank wait in a list, which is nearly
/// always in order as it comes, and only ranks are kept in a heap.
struct MergeQueue {
    /// The places of one rank.
    private struct Places {
        /// In order, and from `start` on still waiting.
        var ordered: [UInt64] = []
        var start = 0
        /// Those that did not come in order.
        var heap = MinimumHeap([])

        var isEmpty: Bool { start == ordered.count && heap.first == nil }

        mutating func insert(_ place: UInt64) {
            if ordered.last ?? 0 <= place { ordered.append(place) } else { heap.insert(place) }
        }

        mutating func popFirst() -> UInt64? {
            guard start < ordered.count else { return heap.popMinimum() }
            if let other = heap.first, other < ordered[start] { return heap.popMinimum() }
            start += 1
            return ordered[start - 1]
        }
    }

    /// The ranks of `waiting`.
    private var ranks = MinimumHeap([])
    private var waiting: [UInt64: Places] = [:]
    /// The rank whose places are taken out, and these.
    private var rank = UInt64.max
    private var places = Places()

    /// Adds a place.
    mutating func insert(_ place: Int, rank: UInt64) {
        guard rank != self.rank else { return places.insert(UInt64(place)) }
        let isNew = { (waiting: inout Places) -> Bool in
            let isNew = waiting.isEmpty
            waiting.insert(UInt64(place))
            return isNew
        }(&waiting[rank, default: Places()])
        if isNew { ranks.insert(rank) }
    }

    /// Takes out the leftmost place of the smallest rank, or nil if there is none.
    mutating func popFirst() -> (rank: UInt64, place: Int)? {
        if let first = ranks.first, first < rank || places.isEmpty {
            if !places.isEmpty {
                waiting[rank] = places
                ranks.insert(rank)
            }
            rank = first
            _ = ranks.popMinimum()
            places = waiting.removeValue(forKey: first) ?? Places()
        }
        return places.popFirst().map { (rank, Int($0)) }
    }
}
