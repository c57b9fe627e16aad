internal import CPUFeatures
internal import Compute

/// One batch on its way through the blocks: its rows, where their keys and values lie, and the working memory.
struct ForwardPass {
    let batch: ForwardBatch
    let pages: UnsafeMutablePointer<Float>
    let floatsPerPage: Int
    let buffers: ForwardBuffers
    let arithmetic: Arithmetic
    let width: Int

    /// Rows of the batch.
    var rows: Int { batch.rows.count }

    /// Mean number of depths that a row attends to.
    var meanDepth: Int {
        batch.rows.reduce(0) { $0 + Int($1.position) + 1 } / max(1, rows)
    }

    /// Runs `body` for every row, on one thread if the rows are few; `work` is the cost of a row in multiplications.
    func forEachRow(work: Int, _ body: (Int) -> Void) { forEach(rows, work: work, body) }

    /// The same for as many rows as are given.
    func forEach(_ rows: Int, work: Int, _ body: (Int) -> Void) {
        arithmetic.team.split(rows, atLeast: 1 + 16_384 / max(1, work)) { part in
            for row in part { body(row) }
        }
    }

    /// normed = norm(hidden).
    func normalize(weight: FloatBuffer, epsilon: Float) {
        forEachRow(work: 3 * width) { row in
            arithmetic.kernels.normalize(
                buffers.hidden + row * width, weight.floats, width, epsilon, buffers.normed + row * width)
        }
    }

    /// hidden += result.
    func addToHidden(_ result: UnsafePointer<Float>) {
        forEachRow(work: width) { row in
            arithmetic.kernels.add(buffers.hidden + row * width, result + row * width, width)
        }
    }

    // MARK: Pages

    /// How many pages a row's depths lie in.
    func blocks(of row: Int) -> Int { Int(batch.rows[row].position) / PageLayout.tokens + 1 }

    /// How many depths of a page a row sees.
    func depths(of row: Int, block: Int) -> Int {
        min(PageLayout.tokens, Int(batch.rows[row].position) + 1 - block * PageLayout.tokens)
    }

    /// The first depth that a row sees through a window.
    func firstDepth(of row: Int, _ window: Int?) -> Int {
        window.map { max(0, Int(batch.rows[row].position) + 1 - $0) } ?? 0
    }

    /// The same within a page; as many as a page has or more if the row sees none of it.
    func firstDepth(of row: Int, block: Int, _ window: Int?) -> Int {
        max(0, firstDepth(of: row, window) - block * PageLayout.tokens)
    }

    /// The page that holds a block of a row's path.
    func page(of row: Int, block: Int) -> UnsafeMutablePointer<Float> {
        pages + pageNumber(of: row, block: block) * floatsPerPage
    }

    /// The page and slot into which a row's own keys and values go.
    func slot(of row: Int) -> (page: UnsafeMutablePointer<Float>, slot: Int) {
        let position = Int(batch.rows[row].position)
        return (page(of: row, block: position / PageLayout.tokens), position % PageLayout.tokens)
    }

    /// The end of the run of rows, from `row` on, that see the same depths of the same page; `row` itself if it sees
    /// none of the block.
    func sharers(of block: Int, from row: Int, below limit: Int, _ window: Int?) -> Int {
        let depths = depths(of: row, block: block)
        let first = firstDepth(of: row, block: block, window)
        guard depths > first else { return row }
        let page = pageNumber(of: row, block: block)
        var end = row + 1
        while end < limit, self.depths(of: end, block: block) == depths,
            firstDepth(of: end, block: block, window) == first, pageNumber(of: end, block: block) == page
        {
            end += 1
        }
        return end
    }

    private func pageNumber(of row: Int, block: Int) -> Int {
        Int(batch.pages[batch.pathStarts[Int(batch.rows[row].path)] + block])
    }
}
