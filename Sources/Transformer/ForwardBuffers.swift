internal import Compute

/// Working memory of a forward pass, for as many rows as the largest batch so far.
///
/// Shapes are rows × the width that stands behind each property.
struct ForwardBuffers {
    /// Hidden states: width.
    let hidden: UnsafeMutablePointer<Float>
    /// Normed hidden states, and results of layers before they are added: width.
    let normed: UnsafeMutablePointer<Float>
    /// Queries, keys and values side by side.
    let projected: UnsafeMutablePointer<Float>
    /// Scaled queries as head of keys × row × group × head size.
    let queries: UnsafeMutablePointer<Float>
    /// Running softmax of each query, in the order of `queries`: largest score, sums of each place in a page, weighted
    /// values.
    let maxima: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Float>
    let weighted: UnsafeMutablePointer<Float>
    /// Working memory of attention, 17 for each query.
    let weights: UnsafeMutablePointer<Float>
    /// Attention's results: heads × head size.
    let attended: UnsafeMutablePointer<Float>
    /// Gates and ups of the feed-forward network side by side.
    let inner: UnsafeMutablePointer<Float>
    /// Router logits: experts.
    let routing: UnsafeMutablePointer<Float>
    /// Rows that take the same expert, side by side, and what it makes of them: width.
    let gathered: UnsafeMutablePointer<Float>
    /// What the experts of each row make of it: width.
    let mixed: UnsafeMutablePointer<Float>
    /// Angles of each row's position: half a head size.
    let cosines: UnsafeMutablePointer<Float>
    let sines: UnsafeMutablePointer<Float>
    /// What the head gives for the rows that want it: output width.
    let outputs: UnsafeMutablePointer<Float>

    private let memory: FloatBuffer
    private let valueStride: Int

    /// Allocates memory for `rows` rows of which `outputRows` want an output.
    init(_ shape: ModelConfiguration, rows: Int, outputRows: Int) {
        let group = shape.heads * rows
        let experts = shape.experts?.count ?? 0
        let expertRows = experts > 0 ? rows : 0
        valueStride = shape.pageLayout().valueStride
        let sizes = [
            rows * shape.width, rows * shape.width,
            // The states that want an output are gathered here too.
            rows * max(shape.width, (shape.heads + 2 * shape.keyValueHeads) * shape.headSize), group * shape.headSize,
            group, group * PageLayout.tokens,
            group * valueStride, group * shape.headSize, rows * 2 * shape.largestInnerWidth,
            rows * shape.headSize / 2, rows * shape.headSize / 2, outputRows * shape.outputWidth,
            rows * experts, expertRows * shape.width, expertRows * shape.width, 17 * group,
        ].map { ($0 + 15) / 16 * 16 }
        memory = FloatBuffer(count: sizes.reduce(0, +))
        var next = memory.floats
        let parts = sizes.map { size in
            defer { next += size }
            return next
        }
        (hidden, normed, projected, queries) = (parts[0], parts[1], parts[2], parts[3])
        (maxima, sums, weighted, attended) = (parts[4], parts[5], parts[6], parts[7])
        (inner, cosines, sines, outputs) = (parts[8], parts[9], parts[10], parts[11])
        (routing, gathered, mixed, weights) = (parts[12], parts[13], parts[14], parts[15])
    }

    /// Starts the softmax of some queries afresh.
    func resetSoftmax(_ queries: Range<Int>) {
        (maxima + queries.lowerBound).update(repeating: -.infinity, count: queries.count)
        (sums + queries.lowerBound * PageLayout.tokens).update(
            repeating: 0, count: queries.count * PageLayout.tokens)
        (weighted + queries.lowerBound * valueStride).update(repeating: 0, count: queries.count * valueStride)
    }
}
