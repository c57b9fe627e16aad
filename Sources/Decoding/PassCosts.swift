internal import CacheTree
internal import Compute
internal import Transformer

/// t(n): how long a pass of a model takes, by its number of rows.
///
/// Up to some number of rows a pass takes hardly longer than with one, because it waits for the same weights; from there on
/// each row costs what it computes. Where that is depends on model, precision and machine, so it is measured, with the
/// choice of a token for each row and with what a step takes besides, which count for small models.
public struct PassCosts: Sendable, Hashable {
    /// Passes of so many rows are measured; what lies between is interpolated.
    static let measuredRows = [1, 2, 4, 8, 16, 32, 64]
    /// Whatever is measured is measured so often and so long, in seconds, and the fastest counts: neighbours only ever slow
    /// things down.
    private static let (repetitions, duration) = (3, 0.01)

    /// Seconds for each of `measuredRows`, ascending.
    let seconds: [Double]

    /// - Parameter seconds: the time of a pass for each of `measuredRows`; a pass with more rows counts as at least as
    ///   long.
    init(seconds: [Double]) {
        precondition(seconds.count == PassCosts.measuredRows.count && seconds[0] > 0, "a time for each number of rows")
        var longest = 0.0
        self.seconds = seconds.map { time in
            longest = max(longest, time)
            return longest
        }
    }

    /// Measures passes over one short path, in a tenth of a second, or as long as about 30 passes of one row take.
    init(measuring model: LanguageModel, _ arithmetic: Arithmetic, _ sampler: Sampler) async {
        let most = PassCosts.measuredRows[PassCosts.measuredRows.count - 1]
        let blocks = (most + PageLayout.tokens - 1) / PageLayout.tokens
        let layout = model.configuration.pageLayout(arithmetic.mode.cache)
        let pages = PageBuffer(pages: blocks, layout: layout)
        let (workspace, width) = (ForwardWorkspace(), model.configuration.outputWidth)
        let stream = RandomSource(seed: 0).stream(branch: .root, position: 0, purpose: .choice)
        func pass(_ rows: Int) {
            var batch = ForwardBatch()
            let path = batch.addPath((0..<Int32(blocks)).map { $0 })
            for row in 0..<rows {
                let token = Int32(row % model.configuration.vocabularySize)
                batch.addRow(.init(token: token, position: Int32(row), path: path, wantsOutput: true))
            }
            let outputs = model.forward(batch, pages: pages.memory, workspace: workspace, arithmetic: arithmetic)
            for row in 0..<rows {
                let logits = UnsafeBufferPointer(rebasing: outputs[row * width..<(row + 1) * width])
                // A model that gives no numbers is found out when it is used.
                _ = try? sampler.choose(logits: logits, parameters: .greedy, stream: stream)
            }
        }
        let clock = ContinuousClock()
        pass(most)
        var seconds: [Double] = []
        for rows in PassCosts.measuredRows {
            seconds.append(await PassCosts.shortest { clock.measure { pass(rows) } / .seconds(1) })
        }
        self.init(seconds: seconds)
    }

    /// The same with something that every pass takes besides.
    func adding(_ overhead: Double) -> PassCosts { PassCosts(seconds: seconds.map { $0 + max(0, overhead) }) }

    /// The shortest of some measurements, in seconds.
    static func shortest(_ measure: () async throws -> Double) async rethrows -> Double {
        var (best, total, count) = (Double.infinity, 0.0, 0)
        while count < repetitions || total < duration {
            let seconds = try await measure()
            (best, total, count) = (min(best, seconds), total + seconds, count + 1)
        }
        return best
    }

    /// How this package was built: without optimisation, everything but kernels takes several times as long.
    private static var build: String {
        #if DEBUG
        return "debug"
        #else
        return "release"
        #endif
    }

    /// What tells the costs of one model on one machine from others: its shape, and what it computes with.
    static func name(of model: LanguageModel, _ arithmetic: Arithmetic) -> String {
        let shape = model.configuration
        let parts = [
            Processor.name, arithmetic.instructionSet.rawValue, "\(arithmetic.team.count) threads",
            "\(arithmetic.mode.activations.rawValue) activations", arithmetic.mode.prefill.rawValue,
            "\(arithmetic.mode.cache.rawValue) cache",
            "\(shape.family.rawValue) of \(shape.layers) × \(shape.width), \(shape.feedForwardWidth) inside",
            "\(shape.vocabularySize) tokens", "\(model.weightBytes) bytes", model.precision.rawValue, build,
        ]
        return parts.joined(separator: ", ")
    }

    /// The time of a pass, in seconds; 0 without rows.
    func seconds(rows: Int) -> Double {
        guard rows > 0 else { return 0 }
        let known = PassCosts.measuredRows
        // Beyond the last one the time goes on rising as between the last two.
        let upper = known.firstIndex { $0 >= rows } ?? known.count - 1
        guard upper > 0 else { return seconds[0] }
        let share = Double(rows - known[upper - 1]) / Double(known[upper] - known[upper - 1])
        return seconds[upper - 1] + share * (seconds[upper] - seconds[upper - 1])
    }
}
