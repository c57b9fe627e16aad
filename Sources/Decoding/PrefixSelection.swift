/// Finds where the best of many weighted items reach a total, without sorting them.
///
/// A radix selection from the highest byte of the keys down: every level keeps the one bucket in which the total is
/// reached. Linear in the number of items, whatever their order.
struct PrefixSelection {
    /// Something that is ordered by its key, which no other item has.
    struct Item {
        let key: UInt64
        let weight: Double
    }

    /// The items to choose from. A selection reorders and drops them.
    var items: [Item] = []
    private var totals = [Double](repeating: 0, count: 256)

    /// The key of the last item of the shortest run, from the largest key down, whose weights reach a total; the least
    /// key of an item of positive weight if all of them together do not.
    ///
    /// - Complexity: O(items); at least one item must have a positive weight.
    mutating func lastKey(reaching total: Double) -> UInt64 {
        var missing = total
        var count = items.count
        for shift in stride(from: 56, through: 0, by: -8) where count > 1 {
            for bucket in totals.indices { totals[bucket] = 0 }
            for index in 0..<count { totals[Int(items[index].key >> shift & 255)] += items[index].weight }
            let bucket = PrefixSelection.lastBucket(totals, reaching: &missing)
            var kept = 0
            for index in 0..<count where items[index].key >> shift & 255 == UInt64(bucket) {
                items[kept] = items[index]
                kept += 1
            }
            count = kept
        }
        return items[0].key
    }

    /// The bucket, from the last one down, in which a total is reached, or the lowest that holds anything.
    ///
    /// - Parameter missing: the total; becomes what the bucket has to add to those above it, which is infinite if it
    ///   cannot.
    static func lastBucket(_ totals: [Double], reaching missing: inout Double) -> Int {
        var lowest = totals.count - 1
        for bucket in totals.indices.reversed() where totals[bucket] > 0 {
            if totals[bucket] >= missing { return bucket }
            missing -= totals[bucket]
            lowest = bucket
        }
        // Out of reach, by rounding or by request: from here on, the last item is looked for.
        missing = .infinity
        return lowest
    }
}
