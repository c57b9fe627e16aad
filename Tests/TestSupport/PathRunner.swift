public import Compute
public import Transformer

/// Runs one path through a model with pages of its own: the smallest thing that can call a forward pass.
public final class PathRunner {
    public let model: LanguageModel
    private let arithmetic: Arithmetic
    private let workspace = ForwardWorkspace()
    private let pages: PageBuffer
    private let path: [Int32]
    private var depth = 0

    /// - Parameters:
    ///   - capacity: the longest path, in tokens.
    ///   - reversedPages: whether the path's pages lie in memory in descending order.
    public init(_ model: LanguageModel, capacity: Int = 256, arithmetic: Arithmetic, reversedPages: Bool = false) {
        self.model = model
        self.arithmetic = arithmetic
        let blocks = (capacity + PageLayout.tokens - 1) / PageLayout.tokens
        pages = PageBuffer(pages: blocks, layout: model.configuration.pageLayout(arithmetic.mode.cache))
        path = (0..<Int32(blocks)).map { reversedPages ? Int32(blocks) - 1 - $0 : $0 }
    }

    /// Appends tokens in one pass and returns the outputs of all of them, row after row.
    ///
    /// - Parameter observe: sees the hidden states before the first block and after each.
    public func append(_ tokens: [Int32], observe: ([Float]) -> Void = { _ in }) -> [Float] {
        var batch = ForwardBatch()
        let number = batch.addPath(path)
        for (index, token) in tokens.enumerated() {
            batch.addRow(.init(token: token, position: Int32(depth + index), path: number, wantsOutput: true))
        }
        depth += tokens.count
        return Array(
            model.forward(batch, pages: pages.memory, workspace: workspace, arithmetic: arithmetic) {
                observe(Array($0))
            })
    }

    /// Starts again with an empty path.
    public func reset() { depth = 0 }
}
