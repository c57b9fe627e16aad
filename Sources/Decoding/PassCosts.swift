internal import CacheTree
internal import Compute
internal import Transformer

/// t(n): how long a pass of a model takes, by its number of rows.
///
/// Up to some number of rows a pass takes hardly longer than with one, because it waits for the same weights; from there on
/// each row costs what it computes. Where that is depends on model, precision and machine, so it is measured.
public struct PassCosts: Sendable, Hashable {
    /// Passes of so many rows are measured; what lies between is interpolated.
    static let measuredRows = [1, 2, 4, 8, 16, 32, 64]
    /// Each pass is measured so often and so long, in seconds, and the fastest counts: neighbours only ever slow things
    /// down.
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

    /// Measures passes over one short path; takes a tenth of a second, or about 30 passes of one row if that is longer.
    init(measuring model: LanguageModel, _ arithmetic: Arithmetic) {
        let most = PassCosts.measuredRows[PassCosts.measuredRows.count - 1]
        let blocks = (most + PageLayout.tokens - 1) / PageLayout.tokens
        let pages = FloatBuffer(count: blocks * model.configuration.pageLayout.floatsPerPage)
        let workspace = ForwardWorkspace()
        let clock = ContinuousClock()
        func time(_ rows: Int) -> Double {
            var batch = ForwardBatch()
            let path = batch.addPath((0..<Int32(blocks)).map { $0 })
            for row in 0..<rows {
                let token = Int32(row % model.configuration.vocabularySize)
                batch.addRow(.init(token: token, position: Int32(row), path: path, wantsOutput: true))
            }
            return clock.measure {
                _ = model.forward(batch, pages: pages.floats, workspace: workspace, arithmetic: arithmetic)
            } / .seconds(1)
        }
        _ = time(most)
        self.init(
            seconds: PassCosts.measuredRows.map { rows in
                var (best, total, count) = (Double.infinity, 0.0, 0)
                while count < PassCosts.repetitions || total < PassCosts.duration {
                    let seconds = time(rows)
                    (best, total, count) = (min(best, seconds), total + seconds, count + 1)
                }
                return best
            })
    }

    /// What tells the costs of one model on one machine from others: its shape, and what it computes with.
    static func name(of model: LanguageModel, _ arithmetic: Arithmetic) -> String {
        let shape = model.configuration
        let parts = [
            Processor.name, arithmetic.instructionSet.rawValue, "\(arithmetic.team.count) threads",
            "\(arithmetic.activations.rawValue) activations", arithmetic.blas == nil ? "exact" : "blas",
            "\(shape.family.rawValue) of \(shape.layers) × \(shape.width), \(shape.feedForwardWidth) inside",
            "\(shape.vocabularySize) tokens", "\(model.weightBytes) bytes", model.precision.rawValue,
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
