import Decoding
import JSON
import SpecSearch

/// What one contender did on a set of problems.
struct Tally {
    /// How many standard deviations 95 % of a normal distribution lie within.
    static let normal95 = 1.959_963_985

    let contender: Contender
    private(set) var results: [SolvedProblem] = []

    init(_ contender: Contender) { self.contender = contender }

    mutating func add(_ result: SolvedProblem) { results.append(result) }

    var count: Int { results.count }
    var correct: Int { results.count { $0.isCorrect } }
    var accuracy: Double { Double(correct) / Double(count) }
    var counters: Counters { results.reduce(Counters()) { $0 + $1.counters } }
    var totalSeconds: Double { results.reduce(0) { $0 + $1.seconds } }

    /// Seconds that a share of the problems took at most, 0 to 1; between two of them in proportion.
    func seconds(quantile: Double) -> Double {
        let sorted = results.map(\.seconds).sorted()
        let place = quantile * Double(count - 1)
        let (low, high) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
        return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
    }

    /// Seconds of each phase, over all problems.
    var phases: [Double] {
        results.reduce(Trace.Phase.allCases.map { _ in 0 }) { sums, result in zip(sums, result.phases).map(+) }
    }

    /// The 95 % score interval of the accuracy (Wilson, 1927).
    var interval: (low: Double, high: Double) {
        let (n, share, z) = (Double(count), accuracy, Tally.normal95)
        let middle = share + z * z / (2 * n)
        let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        return ((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n))
    }

    /// Its answers beside those of another, which solved the same problems; nil for itself.
    func comparison(with other: Tally?) -> Comparison? {
        guard let other, other.contender != contender else { return nil }
        var pairs: [String: [(own: Bool, other: Bool)]] = [:]
        for (own, other) in zip(results, other.results) {
            pairs[own.id, default: []].append((own.isCorrect, other.isCorrect))
        }
        return Comparison(Array(pairs.values))
    }

    /// The form of `evaluate --json` for one contender.
    func json(beside plain: Tally?) -> JSONValue {
        var phases = JSONObject()
        for (phase, seconds) in zip(Trace.Phase.allCases, self.phases) { phases.set(phase.rawValue, .number(seconds)) }
        return [
            "policy": .string(contender.name), "problems": .integer(count), "correct": .integer(correct),
            "accuracyLow": .number(interval.low), "accuracyHigh": .number(interval.high),
            "comparison": comparison(with: plain)?.json ?? .null,
            "secondsMean": .number(totalSeconds / Double(count)),
            "secondsMedian": .number(seconds(quantile: 0.5)), "seconds95": .number(seconds(quantile: 0.95)),
            "counters": counters.json, "phases": .object(phases), "answers": .array(results.map(\.json)),
        ]
    }
}
