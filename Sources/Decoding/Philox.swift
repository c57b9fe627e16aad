/// Philox4x32-10, a random function of a counter and a key (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
/// easy as 1, 2, 3", 2011).
///
/// There is no state: 128 bits of counter and 64 bits of key give 128 random bits, in any order and on any thread. For
/// a fixed key it is a permutation of the counters, so different counters never give the same block.
enum Philox {
    /// The four words of a counter or of a result, the first one first.
    struct Block: Equatable {
        var word0: UInt32
        var word1: UInt32
        var word2: UInt32
        var word3: UInt32

        /// The first two words as one number, the first word lowest.
        var lower: UInt64 { UInt64(word1) << 32 | UInt64(word0) }
        /// The last two words as one number.
        var upper: UInt64 { UInt64(word3) << 32 | UInt64(word2) }
    }

    /// The random block that belongs to a counter.
    ///
    /// - Parameter key: the first key word in the lower half.
    static func block(_ counter: Block, key: UInt64) -> Block {
        var block = counter
        var key0 = UInt32(truncatingIfNeeded: key)
        var key1 = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let even = UInt64(block.word0) &* 0xD251_1F53
            let odd = UInt64(block.word2) &* 0xCD9E_8D57
            block = Block(
                word0: UInt32(truncatingIfNeeded: odd >> 32) ^ block.word1 ^ key0,
                word1: UInt32(truncatingIfNeeded: odd),
                word2: UInt32(truncatingIfNeeded: even >> 32) ^ block.word3 ^ key1,
                word3: UInt32(truncatingIfNeeded: even))
            key0 &+= 0x9E37_79B9
            key1 &+= 0xBB67_AE85
        }
        return block
    }
}
