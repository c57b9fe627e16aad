import Foundation

/// Pearson's test of goodness of fit: how well counts agree with probabilities.
public struct ChiSquare: Sendable {
    /// Σ (observed − expected)² / expected over the cells, after pooling.
    public let statistic: Double
    /// Cells after pooling, less one.
    public let degreesOfFreedom: Int
    /// The probability that counts from these probabilities disagree at least as much. 0 if something happened that has
    /// no probability.
    public let pValue: Double

    /// Compares counts with the probabilities of their cells.
    ///
    /// Cells that are expected less than five times are pooled with each other, least expected first, since the
    /// statistic has its distribution for large counts only.
    public init(observed: [Int], probabilities: [Double]) {
        precondition(observed.count == probabilities.count, "one count for each probability")
        let total = Double(observed.reduce(0, +))
        var cells: [(observed: Double, expected: Double)] = []
        var pool = (observed: 0.0, expected: 0.0)
        var happenedWithoutChance = false
        for (count, probability) in zip(observed, probabilities).sorted(by: { $0.1 < $1.1 }) {
            if probability == 0 {
                happenedWithoutChance = happenedWithoutChance || count > 0
                continue
            }
            pool.observed += Double(count)
            pool.expected += probability * total
            if pool.expected >= 5 {
                cells.append(pool)
                pool = (0, 0)
            }
        }
        if pool.expected > 0, let last = cells.popLast() {
            cells.append((last.observed + pool.observed, last.expected + pool.expected))
        }
        statistic = cells.reduce(0) { sum, cell in
            let difference = cell.observed - cell.expected
            return sum + difference * difference / cell.expected
        }
        degreesOfFreedom = max(cells.count - 1, 0)
        let tail = ChiSquare.tail(statistic, degreesOfFreedom: degreesOfFreedom)
        pValue = happenedWithoutChance ? 0 : tail
    }

    /// The probability that a χ² variable exceeds a value.
    public static func tail(_ value: Double, degreesOfFreedom: Int) -> Double {
        guard degreesOfFreedom > 0 else { return 1 }
        return upperGamma(Double(degreesOfFreedom) / 2, value / 2)
    }

    /// The regularised upper incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), for a > 0 and x ≥ 0.
    ///
    /// The power series of 1 − Q below a + 1, Legendre's continued fraction above it, evaluated from the back
    /// (Abramowitz and Stegun, 6.5.29 and 6.5.31). Accurate to about 1e-12 relative for a up to some thousands.
    public static func upperGamma(_ a: Double, _ x: Double) -> Double {
        if x <= 0 { return 1 }
        let scale = exp(a * log(x) - x - lgamma(a))
        if x < a + 1 {
            var term = 1 / a
            var sum = term
            var divisor = a
            while term > sum * 1e-16 {
                divisor += 1
                term *= x / divisor
                sum += term
            }
            return 1 - scale * sum
        }
        // The further x lies above a, the fewer terms matter.
        var tail = 0.0
        let terms = 200 + 20 * Int(a.squareRoot())
        for index in (1...terms).reversed() {
            let number = Double(index)
            tail = number * (number - a) / (x + 2 * number + 1 - a - tail)
        }
        return scale / (x + 1 - a - tail)
    }
}
