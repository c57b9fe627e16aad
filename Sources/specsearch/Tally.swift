import JSON
import SpecSearch

/// What one policy did on a set of problems.
struct Tally {
    let policy: SpeculationPolicy
    private var results: [(id: String, answer: String?, isCorrect: Bool, seconds: Double)] = []
    private var counters = Counters()
    /// What it has learned of scores.
    private(set) var memory = SearchMemory()

    init(policy: SpeculationPolicy) { self.policy = policy }

    mutating func add(_ problem: Problem, _ answer: Answer) {
        let isCorrect = problem.isSolved(by: answer.answer, text: answer.text)
        results.append((problem.id, answer.answer, isCorrect, answer.duration.seconds))
        counters += answer.outcome.counters
        memory = answer.memory
    }

    private var count: Int { results.count }
    private var correct: Int { results.count { $0.isCorrect } }
    private var meanSeconds: Double { results.reduce(0) { $0 + $1.seconds } / Double(count) }
    private var medianSeconds: Double {
        let sorted = results.map(\.seconds).sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// The 95 % score interval of the accuracy (Wilson, 1927).
    private var interval: (low: Double, high: Double) {
        let (n, share, z) = (Double(count), Double(correct) / Double(count), 1.959_963_985)
        let middle = share + z * z / (2 * n)
        let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        return ((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n))
    }

    /// The form of `evaluate --json` for one policy.
    var json: JSONValue {
        [
            "policy": .string(policy.rawValue),
            "problems": .integer(count),
            "correct": .integer(correct),
            "accuracyLow": .number(interval.low),
            "accuracyHigh": .number(interval.high),
            "secondsMean": .number(meanSeconds),
            "secondsMedian": .number(medianSeconds),
            "counters": counters.json,
            "answers": .array(
                results.map { result in
                    [
                        "id": .string(result.id), "answer": result.answer.map { .string($0) } ?? .null,
                        "correct": .bool(result.isCorrect), "seconds": .number(result.seconds),
                    ]
                }),
        ]
    }

    /// A Markdown table with a row for each policy; counts are means per problem.
    static func table(_ tallies: [Tally]) -> String {
        let names = [
            "policy", "problems", "correct", "95 % interval", "target passes", "target rows", "draft rows",
            "reward rows", "levels without correction", "seconds (median)", "seconds (mean)",
        ]
        let rows = tallies.map { tally in
            let perProblem = { (value: Int) in TreeView.rounded(Double(value) / Double(tally.count), places: 1) }
            let percent = { (value: Double) in TreeView.rounded(value * 100, places: 1) }
            let counters = tally.counters
            return [
                tally.policy.rawValue, "\(tally.count)", "\(percent(Double(tally.correct) / Double(tally.count))) %",
                "\(percent(tally.interval.low)) to \(percent(tally.interval.high)) %",
                perProblem(counters.targetPasses), perProblem(counters.targetRows), perProblem(counters.draftRows),
                perProblem(counters.rewardRows), "\(counters.levelsWithoutCorrection) of \(counters.levels)",
                TreeView.rounded(tally.medianSeconds, places: 3), TreeView.rounded(tally.meanSeconds, places: 3),
            ]
        }
        return ([names, names.map { _ in "---" }] + rows)
            .map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }
}
