internal import CPUFeatures
public import Compute

/// Working memory for the forward passes of one model, used by one thread at a time; it grows with the largest batch.
public final class ForwardWorkspace {
    private var rows = 0
    private var outputRows = 0
    private var buffers: ForwardBuffers?

    /// An empty workspace.
    public init() {}

    func buffers(_ shape: ModelConfiguration, rows: Int, outputRows: Int) -> ForwardBuffers {
        if let buffers, rows <= self.rows, outputRows <= self.outputRows { return buffers }
        self.rows = max(ForwardWorkspace.roundedUp(rows), self.rows)
        self.outputRows = max(ForwardWorkspace.roundedUp(outputRows), self.outputRows)
        let grown = ForwardBuffers(shape, rows: self.rows, outputRows: self.outputRows)
        buffers = grown
        return grown
    }

    /// The next power of two, so that a slowly growing batch does not allocate at every step.
    private static func roundedUp(_ rows: Int) -> Int {
        rows <= 1 ? rows : 1 << (Int.bitWidth - (rows - 1).leadingZeroBitCount)
    }
}

extension LanguageModel {
    /// Computes a batch: writes keys and values of every row into its slot and returns the outputs of the rows that
    /// want one, in their order, each `configuration.outputWidth` floats.
    ///
    /// A row's result depends on the tokens of its path alone, bit for bit, whatever else is in the batch.
    /// - Parameters:
    ///   - batch: the rows; tokens are ids below `vocabularySize`, and paths cover every row's position.
    ///   - pages: memory of all pages, laid out as `configuration.pageLayout` says for some precision.
    ///   - workspace: working memory; the returned floats live in it until the next pass, so keep it.
    ///   - arithmetic: kernels and threads.
    public func forward(
        _ batch: ForwardBatch, pages: PageMemory, workspace: ForwardWorkspace, arithmetic: Arithmetic
    ) -> UnsafeBufferPointer<Float> {
        forward(batch, pages: pages, workspace: workspace, arithmetic: arithmetic) { _ in }
    }

    /// The same, showing the hidden states, rows × width, before the first block and after each.
    package func forward(
        _ batch: ForwardBatch, pages: PageMemory, workspace: ForwardWorkspace, arithmetic: Arithmetic,
        observe: (UnsafeBufferPointer<Float>) -> Void
    ) -> UnsafeBufferPointer<Float> {
        precondition(
            pages.layout == configuration.pageLayout(pages.layout.precision), "pages of another shape of model")
        let buffers = workspace.buffers(configuration, rows: batch.rows.count, outputRows: batch.outputs)
        let pass = ForwardPass(
            batch: batch, plan: AttentionPlan(batch, window: configuration.slidingWindow?.tokens), pages: pages,
            buffers: buffers, arithmetic: arithmetic, width: configuration.width)
        pass.forEachRow(work: 64 * configuration.headSize + configuration.width) { row in begin(row, pass) }
        let states = UnsafeBufferPointer(start: buffers.hidden, count: pass.rows * configuration.width)
        observe(states)
        for block in parts.blocks {
            block.apply(pass)
            observe(states)
        }
        finish(pass)
        return UnsafeBufferPointer(start: buffers.outputs, count: batch.outputs * configuration.outputWidth)
    }

    /// Looks up a row's embedding and computes the angles of its position.
    private func begin(_ row: Int, _ pass: ForwardPass) {
        let (token, position) = (Int(pass.batch.rows[row].token), pass.batch.rows[row].position)
        precondition(0..<configuration.vocabularySize ~= token, "no token \(token) in this vocabulary")
        parts.embedding.copyRow(token, to: pass.buffers.hidden + row * configuration.width)
        let factor = configuration.rotary.attentionFactor
        for (pair, frequency) in frequencies.enumerated() {
            let angle = Double(Float(position) * frequency)
            pass.buffers.cosines[row * frequencies.count + pair] = factor * Float(Elementary.cos(angle))
            pass.buffers.sines[row * frequencies.count + pair] = factor * Float(Elementary.sin(angle))
        }
    }

    /// Gathers the hidden states that want an output, norms them and applies the head.
    private func finish(_ pass: ForwardPass) {
        guard pass.batch.outputs > 0 else { return }
        let width = configuration.width
        let states = pass.buffers.projected
        var output = 0
        for (row, wanted) in pass.batch.rows.enumerated() where wanted.wantsOutput {
            pass.arithmetic.kernels.normalize(
                pass.buffers.hidden + row * width, parts.finalNorm.floats, width, configuration.normEpsilon,
                states + output * width)
            output += 1
        }
        parts.head.apply(states, rows: output, outputWidth: configuration.outputWidth, pass)
    }
}
