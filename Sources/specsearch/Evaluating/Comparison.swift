import Compute
import JSON

/// Right answers of one contender beside those of another to the same problems with the same seeds.
struct Comparison {
    /// Problems that it alone solved, and that the other alone solved.
    let (better, worse): (Int, Int)
    /// The two-sided probability of so uneven a split if both are as good (McNemar, 1947; exact, by the binomial distribution).
    let pValue: Double
    /// The difference of the shares of right answers, and its 95 % interval by the spread between problems: what several seeds
    /// say of one problem counts once.
    let (difference, low, high): (Double, Double, Double)

    /// - Parameter pairs: for each problem whether it was solved and whether the other solved it, once for each seed.
    init(_ pairs: [[(own: Bool, other: Bool)]]) {
        let all = pairs.joined()
        better = all.count { $0.own && !$0.other }
        worse = all.count { !$0.own && $0.other }
        pValue = Comparison.pValue(better, worse)
        let differences = pairs.map { seeds in
            seeds.reduce(0.0) { $0 + ($1.own ? 1 : 0) - ($1.other ? 1 : 0) } / Double(seeds.count)
        }
        let count = Double(differences.count)
        let mean = differences.reduce(0, +) / count
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
        let half = Tally.normal95 * (variance / count).squareRoot()
        (difference, low, high) = (mean, mean - half, mean + half)
    }

    private static func pValue(_ better: Int, _ worse: Int) -> Double {
        let count = better + worse
        // The logarithm of the probability of so many of `count`.
        var (term, tail) = (-Double(count) * Elementary.log(2), 0.0)
        for hits in 0...min(better, worse) {
            tail += Elementary.exp(term)
            term += Elementary.log(Double(count - hits) / Double(hits + 1))
        }
        return min(1, 2 * tail)
    }

    var json: JSONValue {
        [
            "better": .integer(better), "worse": .integer(worse), "p": .number(pValue),
            "difference": .number(difference), "low": .number(low), "high": .number(high),
        ]
    }
}
