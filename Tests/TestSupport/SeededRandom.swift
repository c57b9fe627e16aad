/// A small seeded generator for tests (SplitMix64; Steele, Lea and Flood, 2014), so that a failure can be repeated.
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the standard normal distribution, by summing twelve uniform ones: enough for test data.
    public mutating func normal() -> Float {
        var sum: Float = -6
        for _ in 0..<12 { sum += Float.random(in: 0..<1, using: &self) }
        return sum
    }
}
