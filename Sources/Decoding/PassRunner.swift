public import CacheTree
internal import Compute
public import Transformer

/// Runs forward passes of one model over its pages in a tree, and remembers the rows and outputs of the last one.
public final class PassRunner {
    /// The model.
    public let model: LanguageModel
    /// The model's number in the tree.
    public let number: Int
    /// The rows of the pass that is being planned.
    public var batch = ForwardBatch()
    private let tree: CacheTree
    private let arithmetic: Arithmetic
    private let workspace = ForwardWorkspace()
    private var outputs = UnsafeBufferPointer<Float>(start: nil, count: 0)

    /// - Parameters:
    ///   - model: the model to run.
    ///   - number: which of the tree's models it is.
    ///   - tree: the tree whose paths it computes.
    ///   - thread: the thread on which passes run.
    public init(_ model: LanguageModel, number: Int, tree: CacheTree, thread: ComputeThread) {
        self.model = model
        self.number = number
        self.tree = tree
        arithmetic = thread.arithmetic
    }

    /// Computes the planned rows and starts an empty batch. Does nothing if there are none.
    public func run() {
        guard !batch.isEmpty else { return }
        outputs = model.forward(
            batch, pages: tree.storage(of: number), workspace: workspace, arithmetic: arithmetic)
        batch.removeAll()
    }

    /// An output of the last pass: logits, or the scores of a reward head. Valid until the next pass.
    public func output(_ index: Int) -> UnsafeBufferPointer<Float> {
        let width = model.configuration.outputWidth
        return UnsafeBufferPointer(rebasing: outputs[index * width..<(index + 1) * width])
    }
}
