internal import Compute
internal import Transformer

/// t(n): how long a pass of a model takes, by its number of rows.
///
/// Up to some number of rows a pass takes hardly longer than with one, because it waits for the same weights; from there on
/// each row costs what it computes. Where that is depends on model, precision and machine, so it is measured, with the
/// choice of a token for each row. What a step takes besides, which counts for small models, is learned in use.
public struct PassCosts: Sendable, Hashable {
    /// Passes of so many rows are measured; what lies between is interpolated.
    static let measuredRows = [1, 2, 4, 8, 16, 32, 64]
    /// Passes of so many rows show whether what is remembered still holds.
    static let checkedRows = [1, 8]
    /// Whatever is measured is measured so often and so long, in seconds, and the fastest counts: neighbours only ever slow
    /// things down.
    private static let (repetitions, duration) = (3, 0.01)

    /// A single pass that takes less than this share of what is known shows that it is wrong.
    private static let beaten = 0.75
    /// What passes take in use is averaged over about so many.
    private static let memory = 20.0
    /// Whatever takes longer than so many times the expected was interrupted by somebody else, and counts as this.
    private static let longest = 4.0

    /// Seconds of a pass alone for each of `measuredRows`, ascending.
    let passes: [Double]
    /// How many times as long passes take in use: other work has emptied the processor's caches before them, and their paths are
    /// longer than those that were measured.
    private(set) var scale = 1.0
    /// Seconds that every pass takes besides, from planning on.
    private(set) var overhead = 0.0

    /// - Parameter passes: the time of a pass for each of `measuredRows`; a pass with more rows counts as at least as long.
    init(passes: [Double]) {
        precondition(passes.count == PassCosts.measuredRows.count && passes[0] > 0, "a time for each number of rows")
        var longest = 0.0
        self.passes = passes.map { time in
            longest = max(longest, time)
            return longest
        }
    }

    /// Measures passes in a tenth of a second, or as long as about 30 passes of one row take.
    init(_ trial: PassTrial) {
        self.init(passes: PassCosts.measuredRows.map { rows in PassCosts.shortest { trial.seconds(rows: rows) } })
    }

    /// Whether passes are much faster than these costs say, so that neighbours must have slowed the measurement down.
    func areBeaten(by trial: PassTrial) -> Bool {
        PassCosts.checkedRows.contains { trial.seconds(rows: $0) < PassCosts.beaten * seconds(rows: $0) }
    }

    /// Learns from a pass in use.
    ///
    /// - Parameters:
    ///   - pass: the seconds of the pass and of choosing tokens.
    ///   - besides: the seconds of everything else.
    mutating func note(pass: Double, besides: Double, rows: Int) {
        guard 1...PassCosts.measuredRows[PassCosts.measuredRows.count - 1] ~= rows else { return }
        let expected = alone(rows)
        scale += (min(pass / expected, PassCosts.longest) - scale) / PassCosts.memory
        overhead += (min(besides, PassCosts.longest * expected) - overhead) / PassCosts.memory
    }

    /// The shortest of some measurements, in seconds.
    private static func shortest(_ measure: () -> Double) -> Double {
        var (best, total, count) = (Double.infinity, 0.0, 0)
        while count < repetitions || total < duration {
            let seconds = measure()
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

    /// The time of a pass in use, in seconds; 0 without rows.
    func seconds(rows: Int) -> Double { rows > 0 ? overhead + scale * alone(rows) : 0 }

    /// The time of a pass as it was measured.
    private func alone(_ rows: Int) -> Double {
        let known = PassCosts.measuredRows
        // Beyond the last one the time goes on rising as between the last two.
        let upper = known.firstIndex { $0 >= rows } ?? known.count - 1
        guard upper > 0 else { return passes[0] }
        let share = Double(rows - known[upper - 1]) / Double(known[upper] - known[upper - 1])
        return passes[upper - 1] + share * (passes[upper] - passes[upper - 1])
    }
}
