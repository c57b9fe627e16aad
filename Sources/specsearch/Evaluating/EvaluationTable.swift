import Decoding
import SpecSearch

/// What contenders did on a set of problems, side by side, as a table in Markdown.
struct EvaluationTable {
    private let tallies: [Tally]
    private let plain: Tally?

    init(_ tallies: [Tally]) {
        self.tallies = tallies
        plain = tallies.first { $0.contender == .plain }
    }

    var text: String {
        let rows =
            [row("policy") { $0.contender.name }, ["---"] + tallies.map { _ in "---:" }]
            + accuracy + time + work + phases
        return rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    private func row(_ name: String, _ value: (Tally) -> String) -> [String] { [name] + tallies.map(value) }

    private func number(_ value: Double, _ places: Int = 1) -> String { TreeView.rounded(value, places: places) }

    private func percent(_ share: Double) -> String { number(share * 100) + " %" }

    /// A share of something, where there is something.
    private func percent(_ part: Int, of all: Int) -> String { all == 0 ? "–" : percent(Double(part) / Double(all)) }

    private func range(_ low: Double, _ high: Double) -> String { "\(number(low * 100)) to \(number(high * 100))" }

    private var accuracy: [[String]] {
        [
            row("problems") { "\($0.count)" }, row("correct") { percent($0.accuracy) },
            row("95 % interval") { range($0.interval.low, $0.interval.high) },
            row("difference to plain, 95 % interval") { tally in
                tally.comparison(with: plain).map { range($0.low, $0.high) } ?? "–"
            },
            row("better and worse than plain (p)") { tally in
                tally.comparison(with: plain).map { "\($0.better), \($0.worse) (\(number($0.pValue, 2)))" } ?? "–"
            },
        ]
    }

    private var time: [[String]] {
        [
            row("milliseconds, mean") { number(1000 * $0.totalSeconds / Double($0.count)) },
            row("median") { number(1000 * $0.seconds(quantile: 0.5)) },
            row("95th percentile") { number(1000 * $0.seconds(quantile: 0.95)) },
            row("times as fast as plain") { tally in
                plain.map { number($0.totalSeconds / tally.totalSeconds, 2) } ?? "–"
            },
        ]
    }

    /// Means per problem, and shares.
    private var work: [[String]] {
        func mean(_ name: String, _ count: KeyPath<Counters, Int>) -> [String] {
            row(name) { number(Double($0.counters[keyPath: count]) / Double($0.count)) }
        }
        return [
            mean("target passes", \.targetPasses), mean("target rows", \.targetRows),
            mean("draft passes", \.draftPasses), mean("draft rows", \.draftRows),
            mean("reward rows", \.rewardRows), mean("levels", \.levels),
            row("levels without correction") { percent($0.counters.levelsWithoutCorrection, of: $0.counters.levels) },
            row("proposed tokens accepted") { percent($0.counters.tokensAccepted, of: $0.counters.tokensDrafted) },
            row("drafted thoughts accepted") {
                percent($0.counters.thoughtsAccepted, of: $0.counters.thoughtsDrafted)
            },
            row("KV memory at the peak, MB") { number(Double($0.counters.kvBytesPeak) / 1e6) },
        ]
    }

    /// Where the time went.
    private var phases: [[String]] {
        let names = Trace.Phase.allCases.map(\.rawValue) + ["other"]
        return names.enumerated().map { index, name in
            row("time of \(name)") { tally in
                let rest = max(0, tally.totalSeconds - tally.phases.reduce(0, +))
                return percent((tally.phases + [rest])[index] / tally.totalSeconds)
            }
        }
    }
}
