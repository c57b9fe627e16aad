/// Which rows of a pass read which pages, worked out once for all layers and heads.
///
/// The rows are put in an order in which those that share pages are neighbours. So a page is read once for all rows that
/// see the same depths of it, in whatever order the batch has them.
struct AttentionPlan {
    /// A page and the rows that see the same depths of it.
    struct Reading: Hashable {
        /// The page's number.
        let page: Int
        /// Depths within the page, counted from its first.
        let depths: Range<Int>
        /// The rows, by their place in the plan's order.
        let places: Range<Int>
    }

    /// The rows of the batch in the plan's order.
    let rows: [Int]
    /// The place of each row of the batch in that order.
    let places: [Int]
    /// What is read where rows see all depths, by ascending depth.
    let readings: [Reading]
    /// What is read where they see a window; nothing for a model without one.
    let windowReadings: [Reading]
    /// How many depths a row has on average.
    let meanDepth: Int

    /// - Parameter window: how many depths a row sees in layers with a window, its own included.
    /// - Complexity: O(rows × pages of a path), and O(log(rows) × rows × pages) more where a batch has many paths.
    init(_ batch: ForwardBatch, window: Int?) {
        let rows = AttentionPlan.ordered(batch)
        var places = [Int](repeating: 0, count: rows.count)
        for (place, row) in rows.enumerated() { places[row] = place }
        let ends = rows.map { Int(batch.rows[$0].position) + 1 }
        self.rows = rows
        self.places = places
        readings = AttentionPlan.readings(of: rows, ends.map { 0..<$0 }, batch)
        windowReadings =
            window.map { window in
                AttentionPlan.readings(of: rows, ends.map { max(0, $0 - window)..<$0 }, batch)
            } ?? []
        meanDepth = ends.reduce(0, +) / max(1, rows.count)
    }

    /// The rows by the pages of their paths, then by position.
    private static func ordered(_ batch: ForwardBatch) -> [Int] {
        let paths = batch.pathStarts.indices.sorted { batch.path($0).lexicographicallyPrecedes(batch.path($1)) }
        var ranks = [Int](repeating: 0, count: paths.count)
        for (rank, path) in paths.enumerated() { ranks[path] = rank }
        return batch.rows.indices.sorted {
            let (first, second) = (batch.rows[$0], batch.rows[$1])
            return (ranks[Int(first.path)], first.position) < (ranks[Int(second.path)], second.position)
        }
    }

    /// Block by block the runs of rows that see the same depths of the same page.
    private static func readings(of rows: [Int], _ seen: [Range<Int>], _ batch: ForwardBatch) -> [Reading] {
        let starts = rows.map { batch.pathStarts[Int(batch.rows[$0].path)] }
        let first = seen.reduce(Int.max) { min($0, $1.lowerBound) } / PageLayout.tokens
        let end = seen.reduce(0) { max($0, $1.upperBound + PageLayout.tokens - 1) } / PageLayout.tokens
        var readings: [Reading] = []
        for block in stride(from: first, to: end, by: 1) {
            let start = block * PageLayout.tokens
            var run: Reading?
            for place in rows.indices {
                let depths = seen[place].clamped(to: start..<start + PageLayout.tokens)
                guard !depths.isEmpty else { continue }
                let own = Reading(
                    page: Int(batch.pages[starts[place] + block]),
                    depths: depths.lowerBound - start..<depths.upperBound - start, places: place..<place + 1)
                if let last = run, last.page == own.page, last.depths == own.depths, last.places.upperBound == place {
                    run = Reading(page: own.page, depths: own.depths, places: last.places.lowerBound..<place + 1)
                } else {
                    if let run { readings.append(run) }
                    run = own
                }
            }
            if let run { readings.append(run) }
        }
        return readings
    }
}

extension ForwardBatch {
    /// The pages of a path.
    fileprivate func path(_ number: Int) -> ArraySlice<Int32> {
        pages[pathStarts[number]..<(number + 1 < pathStarts.count ? pathStarts[number + 1] : pages.count)]
    }
}
