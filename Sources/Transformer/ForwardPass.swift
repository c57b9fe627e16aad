internal import CPUFeatures
internal import Compute

/// One batch on its way through the blocks: its rows, where their keys and values lie, and the working memory.
struct ForwardPass {
    let batch: ForwardBatch
    /// Which pages the rows read.
    let plan: AttentionPlan
    let pages: UnsafeMutablePointer<Float>
    let floatsPerPage: Int
    let buffers: ForwardBuffers
    let arithmetic: Arithmetic
    let width: Int

    /// Rows of the batch.
    var rows: Int { batch.rows.count }

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

    /// Where a page begins.
    func page(_ number: Int) -> UnsafeMutablePointer<Float> { pages + number * floatsPerPage }

    /// The page and slot into which a row's own keys and values go.
    func slot(of row: Int) -> (page: UnsafeMutablePointer<Float>, slot: Int) {
        let (path, position) = (Int(batch.rows[row].path), Int(batch.rows[row].position))
        let number = batch.pages[batch.pathStarts[path] + position / PageLayout.tokens]
        return (page(Int(number)), position % PageLayout.tokens)
    }
}
