/// A number of about 106 bits: the unevaluated sum of two doubles, the second below the last place of the first.
///
/// Error-free sums and products after Dekker (1971) and Knuth, without a fused multiply-add. Products overflow above
/// 2^996, where the splitting of a factor does; nothing here comes near.
struct DoublePair {
    let high: Double
    let low: Double

    init(high: Double, low: Double) {
        self.high = high
        self.low = low
    }

    init(_ value: Double) { self.init(high: value, low: 0) }

    /// The exact sum of any two numbers.
    init(sum left: Double, _ right: Double) {
        let sum = left + right
        let part = sum - left
        self.init(high: sum, low: (left - (sum - part)) + (right - part))
    }

    /// The exact product of two numbers.
    init(product left: Double, _ right: Double) {
        let (leftHigh, leftLow) = DoublePair.halves(left)
        let (rightHigh, rightLow) = DoublePair.halves(right)
        let product = left * right
        let error = ((leftHigh * rightHigh - product) + leftHigh * rightLow + leftLow * rightHigh) + leftLow * rightLow
        self.init(high: product, low: error)
    }

    static func + (left: DoublePair, right: DoublePair) -> DoublePair {
        let sum = DoublePair(sum: left.high, right.high)
        return DoublePair(sum: sum.high, sum.low + (left.low + right.low))
    }

    static func * (left: DoublePair, right: DoublePair) -> DoublePair {
        let product = DoublePair(product: left.high, right.high)
        return DoublePair(sum: product.high, product.low + (left.high * right.low + left.low * right.high))
    }

    static func * (left: DoublePair, right: Double) -> DoublePair { left * DoublePair(right) }

    static func / (left: DoublePair, right: DoublePair) -> DoublePair {
        let quotient = left.high / right.high
        let product = right * DoublePair(quotient)
        let rest = (left.high - product.high) - product.low + left.low
        return DoublePair(sum: quotient, rest / right.high)
    }

    /// The two halves of a number, of 26 bits each, whose products are exact (Veltkamp, 1968).
    private static func halves(_ value: Double) -> (high: Double, low: Double) {
        let scaled = value * 134_217_729
        let high = scaled - (scaled - value)
        return (high, value - high)
    }
}
