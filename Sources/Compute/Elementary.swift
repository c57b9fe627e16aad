/// Elementary functions in double precision that give the same bits on every machine.
///
/// Whatever lies between weights and a token goes through these rather than through the C library, whose results
/// differ between versions and processors. They use additions, multiplications and divisions alone, never a fused
/// multiply-add, and no table. Measured against 200-bit references, results are within 2e-16 relative (about one unit
/// in the last place); sine and cosine within 2e-16 absolute. Arguments are split after Cody and Waite (1980).
package enum Elementary {
    /// ln 2 to 40 bits, so that its product with any exponent is exact, and what is missing.
    private static let ln2High = 0x1.62e42fefa4p-1
    private static let ln2Low = -0x1.8432a1b0e2634p-43
    /// Adding and subtracting 1.5 · 2^52 rounds to the nearest integer; `rounded()` may be a call of the C library.
    private static let roundingShift = 0x1.8p52

    /// e to the power of `x`.
    ///
    /// Infinity above 709.78; 0 below −745.13, with subnormal results in between; NaN for NaN.
    package static func exp(_ x: Double) -> Double { exp(x, plus: 0) }

    /// The natural logarithm of `x`.
    ///
    /// −infinity for 0, NaN for negative numbers and NaN, infinity for infinity; subnormal numbers as any other.
    package static func log(_ x: Double) -> Double {
        guard x > 0, x < .infinity else { return x == 0 ? -.infinity : x == .infinity ? x : .nan }
        let (exponent, fraction) = split(x)
        // ln(1 + f) = 2·atanh(s) = f − (f²/2 − s·(f²/2 + r)) with s = f / (2 + f): large terms are exact, the rest
        // small.
        let rest = fraction - 1
        let ratio = rest / (2 + rest)
        let half = 0.5 * rest * rest
        let small = half - (ratio * (half + logarithmSeries(ratio)) + exponent * ln2Low)
        return exponent * ln2High - (small - rest)
    }

    /// Σ 2·x^2n / (2n + 1) from n = 1 on, for |x| ≤ 0.172: 2·atanh(x) / x without its first term.
    private static func logarithmSeries(_ x: Double) -> Double {
        let square = x * x
        let fourth = square * square
        var odd = 2.0 / 19
        odd = odd * fourth + 2.0 / 15
        odd = odd * fourth + 2.0 / 11
        odd = odd * fourth + 2.0 / 7
        odd = odd * fourth + 2.0 / 3
        var even = 2.0 / 21
        even = even * fourth + 2.0 / 17
        even = even * fourth + 2.0 / 13
        even = even * fourth + 2.0 / 9
        even = even * fourth + 2.0 / 5
        return square * (odd + square * even)
    }

    /// `base` to the power of `exponent`, for a base above 0.
    ///
    /// NaN if the base is 0, negative or NaN, or the exponent NaN. Overflow, underflow and infinities are as in IEEE
    /// 754: in particular 1 to any power and any base to the power of 0 are 1.
    package static func pow(_ base: Double, _ exponent: Double) -> Double {
        guard base > 0, !exponent.isNaN else { return .nan }
        if base == 1 || exponent == 0 { return 1 }
        if base == .infinity || exponent.isInfinite {
            return (base > 1) == (exponent > 0) ? .infinity : 0
        }
        // Beyond this, every base other than 1 overflows or underflows; the pair arithmetic below must not.
        let bounded = Swift.max(-0x1p66, Swift.min(0x1p66, exponent))
        let product = preciseLog(base) * bounded
        return exp(product.high, plus: product.low)
    }

    /// The sine of `x` radians.
    ///
    /// The sign of a zero is not kept. NaN unless |x| ≤ 2^27, the range in which the reduction keeps its accuracy:
    /// longer than any context times one radian.
    package static func sin(_ x: Double) -> Double {
        guard let (quadrant, rest) = reduce(x) else { return .nan }
        let value = quadrant & 1 == 0 ? sineSeries(rest) : cosineSeries(rest)
        return quadrant & 2 == 0 ? value : -value
    }

    /// The cosine of `x` radians; NaN unless |x| ≤ 2^27.
    package static func cos(_ x: Double) -> Double {
        guard let (quadrant, rest) = reduce(x) else { return .nan }
        let value = quadrant & 1 == 0 ? cosineSeries(rest) : sineSeries(rest)
        return (quadrant + 1) & 2 == 0 ? value : -value
    }

    /// e to the power of `x + tail`, where the tail is below the last place of `x`.
    private static func exp(_ x: Double, plus tail: Double) -> Double {
        guard x <= 0x1.62e42fefa39efp+9 else { return x.isNaN ? x : .infinity }
        guard x >= -0x1.74910d52d3051p+9 else { return 0 }
        let turns = (x * 0x1.71547652b82fep+0 + roundingShift) - roundingShift
        let high = x - turns * ln2High
        let low = turns * ln2Low - tail
        let rest = high - low
        let correction = (high - rest) - low
        let value = 1 + (rest + (correction + rest * rest * exponentialSeries(rest)))
        return scale(value, by: Int(turns))
    }

    /// Σ x^n / (n + 2)! for |x| ≤ ln 2 / 2: e^x without its first two terms.
    private static func exponentialSeries(_ x: Double) -> Double {
        // Even and odd powers apart: two short chains of dependent operations instead of a long one.
        let square = x * x
        var even = 1.0 / 87_178_291_200
        even = even * square + 1.0 / 479_001_600
        even = even * square + 1.0 / 3_628_800
        even = even * square + 1.0 / 40_320
        even = even * square + 1.0 / 720
        even = even * square + 1.0 / 24
        even = even * square + 0.5
        var odd = 1.0 / 6_227_020_800
        odd = odd * square + 1.0 / 39_916_800
        odd = odd * square + 1.0 / 362_880
        odd = odd * square + 1.0 / 5_040
        odd = odd * square + 1.0 / 120
        odd = odd * square + 1.0 / 6
        return even + x * odd
    }

    /// `value · 2^exponent` for a value near 1 and an exponent of −1075 … 1024: in two steps, each of them in range.
    private static func scale(_ value: Double, by exponent: Int) -> Double {
        let first = exponent / 2
        return value * powerOfTwo(first) * powerOfTwo(exponent - first)
    }

    private static func powerOfTwo(_ exponent: Int) -> Double {
        Double(bitPattern: UInt64(exponent + 1023) << 52)
    }

    /// The exponent and the fraction, between √½ and √2, of a positive finite number.
    private static func split(_ x: Double) -> (exponent: Double, fraction: Double) {
        let isSubnormal = x < .leastNormalMagnitude
        let bits = (isSubnormal ? x * 0x1p54 : x).bitPattern
        var exponent = Int(bits >> 52) - (isSubnormal ? 1023 + 54 : 1023)
        var fraction = Double(bitPattern: bits & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
        if fraction > 0x1.6a09e667f3bcdp+0 {
            fraction *= 0.5
            exponent += 1
        }
        return (Double(exponent), fraction)
    }

    /// The natural logarithm of a positive finite number, to about 100 bits.
    private static func preciseLog(_ x: Double) -> DoublePair {
        let (exponent, fraction) = split(x)
        // ln(f) = 2·atanh(s) with s = (f − 1) / (f + 1); f − 1 is exact, f + 1 is exact as a pair.
        let ratio = DoublePair(fraction - 1) / DoublePair(sum: fraction, 1)
        let square = ratio * ratio
        var tail = 1.0 / 29
        // Over integers: a stride of doubles multiplies and adds with the C library's `fma`.
        for divisor in stride(from: 27, through: 7, by: -2) { tail = tail * square.high + 1 / Double(divisor) }
        let third = DoublePair(high: 0x1.5555555555555p-2, low: 0x1.5555555555555p-56)
        let fifth = DoublePair(high: 0x1.999999999999ap-3, low: -0x1.999999999999ap-57)
        let series = (((square * tail + fifth) * square + third) * square + DoublePair(1)) * ratio
        let ln2 = DoublePair(sum: exponent * ln2High, exponent * ln2Low)
        return ln2 + series * 2
    }

    /// `x` less the nearest multiple of π/2, and that multiple's number; nil beyond the range that keeps its accuracy.
    private static func reduce(_ x: Double) -> (quadrant: Int, rest: Double)? {
        guard x.magnitude <= 0x1p27 else { return nil }
        let turns = (x * 0x1.45f306dc9c883p-1 + roundingShift) - roundingShift
        // π/2 in parts of 26 bits, whose products with up to 2^27 turns are exact, and what is missing.
        let first = (x - turns * 0x1.921fb58p+0) - turns * -0x1.dde974p-27
        return (Int(turns), (first - turns * 0x1.1a62630000000p-54) - turns * 0x1.8a2e03707344ap-81)
    }

    /// The sine of an angle of at most π/4.
    private static func sineSeries(_ x: Double) -> Double {
        let square = x * x
        var series = 1.0 / 355_687_428_096_000
        series = series * square - 1.0 / 1_307_674_368_000
        series = series * square + 1.0 / 6_227_020_800
        series = series * square - 1.0 / 39_916_800
        series = series * square + 1.0 / 362_880
        series = series * square - 1.0 / 5_040
        series = series * square + 1.0 / 120
        series = series * square - 1.0 / 6
        return x + x * square * series
    }

    /// The cosine of an angle of at most π/4.
    private static func cosineSeries(_ x: Double) -> Double {
        let square = x * x
        var series = -1.0 / 6_402_373_705_728_000
        series = series * square + 1.0 / 20_922_789_888_000
        series = series * square - 1.0 / 87_178_291_200
        series = series * square + 1.0 / 479_001_600
        series = series * square - 1.0 / 3_628_800
        series = series * square + 1.0 / 40_320
        series = series * square - 1.0 / 720
        series = series * square + 1.0 / 24
        // What 1 − x²/2 loses by rounding is added back with the small terms.
        let half = 0.5 * square
        let most = 1 - half
        return most + (((1 - most) - half) + square * square * series)
    }
}
