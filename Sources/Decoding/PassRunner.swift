package import CacheTree
internal import Compute
package import Transformer

/// Runs forward passes of one model over its pages in a tree, and remembers the rows and outputs of the last one.
package final class PassRunner {
    /// The model.
    package let model: LanguageModel
    /// The model's number in the tree.
    package let number: Int
    /// The rows of the pass that is being planned.
    package var batch = ForwardBatch()
    private let phase: Trace.Phase
    private let tree: CacheTree
    private let thread: ComputeThread
    private let workspace = ForwardWorkspace()
    private var outputs = UnsafeBufferPointer<Float>(start: nil, count: 0)

    /// - Parameters:
    ///   - model: the model to run.
    ///   - number: which of the tree's models it is.
    ///   - tree: the tree whose paths it computes.
    ///   - thread: the thread on which passes run.
    ///   - phase: what its passes are called in a trace.
    package init(
        _ model: LanguageModel, number: Int, tree: CacheTree, thread: ComputeThread, phase: Trace.Phase = .target
    ) {
        self.model = model
        self.number = number
        self.tree = tree
        self.phase = phase
        self.thread = thread
    }

    /// Computes the planned rows, if there are any, starts an empty batch and lets go of what was pinned.
    package func run() {
        defer { tree.unpin(model: number) }
        guard !batch.isEmpty else { return }
        outputs = thread.record(phase, rows: batch.rows.count) {
            model.forward(
                batch, pages: tree.memory(of: number), workspace: workspace, arithmetic: thread.arithmetic)
        }
        batch.removeAll()
    }

    /// An output of the last pass: logits, or the scores of a reward head. Valid until the next pass.
    package func output(_ index: Int) -> UnsafeBufferPointer<Float> {
        let width = model.configuration.outputWidth
        return UnsafeBufferPointer(rebasing: outputs[index * width..<(index + 1) * width])
    }

    /// Computes what paths still need, in as many passes as it takes, and returns what is read from the outputs of each path's
    /// last tokens.
    ///
    /// Between passes others on the same thread get their turn. A path for which there is no room beside the others has
    /// to wait for a later pass.
    /// - Parameters:
    ///   - paths: the ends of the paths, which whoever asks holds, and how many of the last tokens of each want an output, at
    ///     most `rowsPerPass`.
    ///   - rowsPerPass: the most rows in a pass.
    ///   - observe: called with the rows of each pass, and how many of them had been computed before.
    ///   - read: takes what it needs of the outputs of a path, from the first to the last token; they are gone after that.
    /// - Throws: `DecodingError.memory` if there is no room for a path alone, `.cancelled` if the task is.
    package func compute<Result>(
        _ paths: [(node: NodeID, outputs: Int)], rowsPerPass: Int,
        observe: (_ rows: Int, _ recomputed: Int) -> Void = { _, _ in },
        read: (_ path: Int, _ outputs: [UnsafeBufferPointer<Float>]) -> Result
    ) async throws(DecodingError) -> [Result] {
        var results = [Result?](repeating: nil, count: paths.count)
        var progress = [Progress](repeating: Progress(), count: paths.count)
        while results.contains(where: { $0 == nil }) {
            guard !Task.isCancelled else { throw .cancelled }
            var planned: [(index: Int, rows: PlannedRows)] = []
            for (index, path) in paths.enumerated() where results[index] == nil {
                let room = rowsPerPass - batch.rows.count
                guard room >= max(1, path.outputs) else { break }
                progress[index].begin(at: tree.computedDepth(of: path.node, model: number))
                do throws(CacheError) {
                    if progress[index].isHopeless { throw tree.shortage(of: path.node, model: number) }
                    planned.append(
                        (
                            index,
                            try tree.plan(path.node, model: number, outputs: path.outputs, limit: room, into: &batch)
                        ))
                    progress[index].end(at: tree.computedDepth(of: path.node, model: number))
                } catch {
                    guard !planned.isEmpty else { throw .memory(error) }
                    break
                }
            }
            observe(batch.rows.count, planned.reduce(0) { $0 + $1.rows.recomputed })
            run()
            for (index, rows) in planned where rows.isComplete {
                results[index] = read(index, rows.outputs.map { output($0) })
            }
            if results.contains(where: { $0 == nil }) { await thread.yield() }
        }
        return results.compactMap(\.self)
    }
}
