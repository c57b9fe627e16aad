import Compute
import Transformer

/// How much the next tokens that a model expects differ from those of its source, over a text.
///
/// The text is cut into windows, and the second half of each counts, as in llama.cpp's tool for perplexities, so that
/// every token has a context.
struct TextDivergence {
    /// Tokens of a window; models with shorter contexts have shorter ones.
    static let window = 512
    /// The most windows that are computed.
    static let mostWindows = 16

    /// Kullback-Leibler divergence D(source ‖ converted) at each position, in nats.
    private(set) var values: [Double] = []
    /// Positions at which both think the same token the most probable one.
    private(set) var agreements = 0

    /// The mean of all positions, in nats.
    var mean: Double { values.reduce(0, +) / Double(max(1, values.count)) }

    /// Computes both models.
    ///
    /// - Parameters:
    ///   - prefix: what stands before every text of the model.
    ///   - tokens: the text.
    ///   - progress: called with the share of the work that is done.
    init(
        source: LanguageModel, converted: LanguageModel, prefix: [Int32], tokens: [Int32],
        progress: (Double) -> Void
    ) throws(ConvertError) {
        let size = min(TextDivergence.window, source.configuration.contextLength, prefix.count + tokens.count)
        let step = max(1, size - prefix.count)
        let count = min(TextDivergence.mostWindows, tokens.count / step)
        let arithmetic = Arithmetic(team: ThreadTeam())
        let readers = [source, converted].map { WindowReader($0, window: size, arithmetic: arithmetic) }
        for window in 0..<count {
            let tokens = prefix + tokens[window * step..<(window + 1) * step]
            for reader in readers { reader.begin(tokens) }
            for start in stride(from: size / 2, to: size, by: WindowReader.rows) {
                try Interruption.check()
                let rows = start..<min(start + WindowReader.rows, size)
                add(rows: rows.count, readers[0].logits(of: rows), readers[1].logits(of: rows), arithmetic.team)
                progress((Double(window) + Double(rows.upperBound) / Double(size)) / Double(count))
            }
        }
    }

    private mutating func add(
        rows: Int, _ source: UnsafeBufferPointer<Float>, _ converted: UnsafeBufferPointer<Float>, _ team: ThreadTeam
    ) {
        let width = source.count / rows
        nonisolated(unsafe) let (source, converted) = (source, converted)
        nonisolated(unsafe) let results = UnsafeMutableBufferPointer<(Double, Bool)>.allocate(capacity: rows)
        defer { results.deallocate() }
        team.split(rows, atLeast: 1) { part in
            for row in part {
                let own = row * width..<(row + 1) * width
                results[row] = TextDivergence.compare(
                    UnsafeBufferPointer(rebasing: source[own]), UnsafeBufferPointer(rebasing: converted[own]))
            }
        }
        values += results.map(\.0)
        agreements += results.reduce(0) { $0 + ($1.1 ? 1 : 0) }
    }

    /// The divergence of two rows of logits, and whether their largest ones are of one token.
    private static func compare(
        _ source: UnsafeBufferPointer<Float>, _ converted: UnsafeBufferPointer<Float>
    ) -> (Double, Bool) {
        var best = (0, 0)
        for index in source.indices {
            if source[index] > source[best.0] { best.0 = index }
            if converted[index] > converted[best.1] { best.1 = index }
        }
        let (top, otherTop) = (Double(source[best.0]), Double(converted[best.1]))
        var (sum, otherSum, weighted) = (0.0, 0.0, 0.0)
        for index in source.indices {
            let (logit, other) = (Double(source[index]) - top, Double(converted[index]) - otherTop)
            let weight = Elementary.exp(logit)
            sum += weight
            otherSum += Elementary.exp(other)
            weighted += weight * (logit - other)
        }
        return (weighted / sum - Elementary.log(sum) + Elementary.log(otherSum), best.0 == best.1)
    }
}

/// Runs a model over one window at a time, with pages of its own.
private final class WindowReader {
    /// Rows whose logits are computed at once.
    static let rows = 32
    private let model: LanguageModel
    private let arithmetic: Arithmetic
    private let workspace = ForwardWorkspace()
    private let pages: PageBuffer
    private let path: [Int32]
    private var tokens: [Int32] = []

    init(_ model: LanguageModel, window: Int, arithmetic: Arithmetic) {
        self.model = model
        self.arithmetic = arithmetic
        let blocks = (window + PageLayout.tokens - 1) / PageLayout.tokens
        pages = PageBuffer(pages: blocks, layout: model.configuration.pageLayout())
        path = Array(0..<Int32(blocks))
    }

    /// Reads the first half of a window.
    func begin(_ tokens: [Int32]) {
        self.tokens = tokens
        _ = run(0..<tokens.count / 2, wantsOutput: false)
    }

    /// Reads some more tokens, and gives logits that are valid until the next call.
    func logits(of rows: Range<Int>) -> UnsafeBufferPointer<Float> { run(rows, wantsOutput: true) }

    private func run(_ rows: Range<Int>, wantsOutput: Bool) -> UnsafeBufferPointer<Float> {
        var batch = ForwardBatch()
        let number = batch.addPath(path)
        for position in rows {
            batch.addRow(
                .init(token: tokens[position], position: Int32(position), path: number, wantsOutput: wantsOutput))
        }
        return model.forward(batch, pages: pages.memory, workspace: workspace, arithmetic: arithmetic)
    }
}
