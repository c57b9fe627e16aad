import Decoding
import JSON
import SpecSearch

/// How fast searches under one policy are.
struct SearchSpeed {
    private let contender: Contender
    /// The median.
    private let seconds: Double
    /// How many times as fast as under plain: the median of pairs.
    private let ratio: Double
    /// Of all searches together.
    private let counters: Counters
    private let times: PhaseTimes

    init(_ contender: Contender, _ runs: [SearchBenchmark.Run], plain: [SearchBenchmark.Run]) {
        self.contender = contender
        let median = { (values: [Double]) in values.sorted()[values.count / 2] }
        seconds = median(runs.map(\.seconds))
        ratio = median(zip(plain, runs).map { $0.seconds / $1.seconds })
        counters = runs.reduce(Counters()) { $0 + $1.counters }
        times = runs.reduce(PhaseTimes()) { $0 + $1.times }
    }

    var json: JSONValue {
        [
            "policy": .string(contender.name), "seconds": .number(seconds), "ratio": .number(ratio),
            "counters": counters.json, "phases": times.json,
        ]
    }

    /// A table in Markdown.
    static func table(_ speeds: [SearchSpeed]) -> String {
        let head = [
            "policy", "seconds", "times as fast", "target passes", "target rows", "draft passes", "draft rows",
            "reward rows", "levels without correction",
        ]
        let rows = speeds.map { speed in
            let counters = speed.counters
            let share = 100 * Double(counters.levelsWithoutCorrection) / Double(max(1, counters.levels))
            return [
                speed.contender.name, TreeView.rounded(speed.seconds, places: 3),
                TreeView.rounded(speed.ratio, places: 2), "\(counters.targetPasses)", "\(counters.targetRows)",
                "\(counters.draftPasses)", "\(counters.draftRows)", "\(counters.rewardRows)",
                TreeView.rounded(share, places: 1) + " %",
            ]
        }
        return ([head, ["---"] + head.dropFirst().map { _ in "---:" }] + rows)
            .map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }
}
