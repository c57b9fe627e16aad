/// The draws of one purpose at one position of one branch, addressed by number.
public struct RandomStream: Sendable, Hashable {
    private let seed: UInt64
    private let branch: UInt64
    private let place: UInt32

    /// - Parameters:
    ///   - seed: the key.
    ///   - branch: the two last words of the counter.
    ///   - place: the second word of the counter: position and purpose.
    init(seed: UInt64, branch: UInt64, place: UInt32) {
        self.seed = seed
        self.branch = branch
        self.place = place
    }

    /// A uniformly distributed number in (0, 1): one of the 2^52 odd multiples of 2^−53, so that it is
    /// never 0 and never 1 and its distance to 1 is exact.
    ///
    /// - Parameter index: the number of the draw, usually a token's id, in 0 ..< 2^33.
    public func uniform(_ index: Int) -> Double { RandomStream.uniform(from: bits(index)) }

    /// 64 random bits, by number.
    func bits(_ index: Int) -> UInt64 {
        let block = self.block(index >> 1)
        return index & 1 == 0 ? block.lower : block.upper
    }

    /// The two draws 2i and 2i + 1.
    func block(_ index: Int) -> Philox.Block {
        precondition(index >= 0 && index <= UInt32.max, "a stream has the draws 0 ..< 2^33")
        let counter = Philox.Block(
            word0: UInt32(index), word1: place, word2: UInt32(truncatingIfNeeded: branch),
            word3: UInt32(truncatingIfNeeded: branch >> 32))
        return Philox.block(counter, key: seed)
    }

    /// The number in (0, 1) that the upper 52 bits make; the lower 12 stay unused.
    static func uniform(from bits: UInt64) -> Double {
        // A signed conversion is one instruction everywhere, an unsigned one is not.
        Double(Int64(bits >> 12) << 1 | 1) * 0x1p-53
    }
}
