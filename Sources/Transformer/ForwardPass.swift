internal import CPUFeatures
internal import Compute

/// One batch on its way through the blocks: its rows, where their keys and values lie, and the working memory.
struct ForwardPass {
    let batch: ForwardBatch
    /// Which pages the rows read.
    let plan: AttentionPlan
    let pages: PageMemory
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

    /// The page and slot into which a row's own keys and values go.
    func slot(of row: Int) -> (page: Int, slot: Int) {
        let (path, position) = (Int(batch.rows[row].path), Int(batch.rows[row].position))
        let page = batch.pages[batch.pathStarts[path] + position / PageLayout.tokens]
        return (Int(page), position % PageLayout.tokens)
    }

    /// Adds one page of one head to the running softmax of several queries.
    func attend(_ attention: inout PageAttention) {
        switch pages.layout.precision {
        case .float32: arithmetic.kernels.attend_float32(&attention)
        case .bfloat16: arithmetic.kernels.attend_bfloat16(&attention)
        case .int8: arithmetic.kernels.attend_int8(&attention)
        }
    }
}
