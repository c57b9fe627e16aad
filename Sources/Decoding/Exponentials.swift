/// Exponentials of many logits at once, in single precision.
///
/// Accurate to about 2e-7 relative. The loops are plain ones over single numbers, which the compiler turns
/// into vector instructions; each number is computed by the same operations whatever the vector width, none of them
/// fused, so the bits are the same on every machine.
enum Exponentials {
    /// Numbers that are worked on together.
    static let block = 64

    /// Σ e^((logit − largest) / temperature): at least 1, and finite.
    static func sum(_ logits: UnsafeBufferPointer<Float>, largest: Float, temperature: Double) -> Double {
        var sum = 0.0
        forEachBlock(logits, largest: largest, temperature: temperature) { _, weights in
            sum += self.sum(weights)
        }
        return sum
    }

    /// Hands out e^((logit − largest) / temperature) of `block` tokens at a time: the first one's id, and the weights,
    /// of which those beyond the row are 0.
    @inline(__always)
    static func forEachBlock(
        _ logits: UnsafeBufferPointer<Float>, largest: Float, temperature: Double,
        body: (_ first: Int, _ weights: UnsafeMutablePointer<Float>) -> Void
    ) {
        guard let logitsBase = logits.baseAddress else { return }
        let scale = Exponentials.scale(temperature)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: block) { buffer in
            guard let weights = buffer.baseAddress else { return }
            for first in stride(from: 0, to: logits.count, by: block) {
                let source = logitsBase + first
                let count = min(block, logits.count - first)
                // A fixed count is what lets this loop become vector instructions.
                if count == block {
                    for index in 0..<block { weights[index] = exponential((source[index] - largest) * scale) }
                } else {
                    for index in 0..<count { weights[index] = exponential((source[index] - largest) * scale) }
                    for index in count..<block { weights[index] = 0 }
                }
                body(first, weights)
            }
        }
    }

    /// What logits are multiplied by instead of being divided by the temperature.
    static func scale(_ temperature: Double) -> Float {
        Float(min(1 / temperature, Double(Float.greatestFiniteMagnitude)))
    }

    /// e to the power of `x`, for x ≤ 0; below −87 as for −87, which is 1.6e-38.
    @inline(__always)
    static func exponential(_ x: Float) -> Float {
        // x = n·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite, 1980), the series of e^r, and n into the exponent.
        let bounded = x < -87 ? -87 : x
        // Adding 1.5 · 2^23 leaves the nearest integer in the low bits of the sum.
        let shift: Float = 12_582_912
        let shifted = bounded * 1.442_695_04 + shift
        let turns = shifted - shift
        let rest = (bounded - turns * 0.693_359_375) + turns * 2.121_944_4e-4
        var series: Float = 1.0 / 5040
        series = series * rest + 1.0 / 720
        series = series * rest + 1.0 / 120
        series = series * rest + 1.0 / 24
        series = series * rest + 1.0 / 6
        series = series * rest + 0.5
        series = series * rest + 1
        series = series * rest + 1
        return series * Float(bitPattern: (shifted.bitPattern &- shift.bitPattern &+ 127) &<< 23)
    }

    /// The sum of a block, halves onto halves: always in the same order.
    @inline(__always)
    private static func sum(_ values: UnsafeMutablePointer<Float>) -> Double {
        for index in 0..<32 { values[index] += values[index + 32] }
        for index in 0..<16 { values[index] += values[index + 16] }
        for index in 0..<8 { values[index] += values[index + 8] }
        let left = (values[0] + values[1]) + (values[2] + values[3])
        let right = (values[4] + values[5]) + (values[6] + values[7])
        return Double(left + right)
    }
}
