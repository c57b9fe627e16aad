import Transformer

extension ForwardBatch {
    /// The rows that write into a page which covers the block `block` of its paths, with their outputs if they have one.
    ///
    /// - Complexity: O(rows). Planning asks only when it copies a page or repeats a computed row, not for each token.
    func rows(writing page: Int32, block: Int) -> [(position: Int, output: Int?)] {
        let (rows, pages, starts) = (rows, pages, pathStarts)
        var found: [(position: Int, output: Int?)] = []
        var output = 0
        for row in rows {
            let position = Int(row.position)
            if position / PageLayout.tokens == block, pages[starts[Int(row.path)] + block] == page {
                found.append((position, row.wantsOutput ? output : nil))
            }
            if row.wantsOutput { output += 1 }
        }
        return found
    }
}
