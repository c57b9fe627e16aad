/// Hashing for the tables of a tokenizer, with a seed drawn once per process.
///
/// The seed keeps a hostile file from choosing entries that all fall into one slot; ids never depend on it.
enum HashSeed {
    private static let multiplier = UInt64.random(in: .min ... .max) | 1

    /// The hash of one word; the upper bits are the best ones.
    static func hash(_ word: UInt64) -> UInt64 {
        let mixed = word &* multiplier
        return (mixed ^ (mixed >> 32)) &* 0x9E37_79B9_7F4A_7C15
    }

    /// The hash of some bytes, eight at a time.
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = UInt64(truncatingIfNeeded: bytes.count)
        var position = 0
        while position + 8 <= bytes.count {
            state = hash(state ^ bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        var tail: UInt64 = 0
        while position < bytes.count {
            tail = tail << 8 | UInt64(bytes[position])
            position += 1
        }
        return hash(state ^ tail)
    }

    /// How many slots a table for `count` entries has: a power of two, at most two thirds filled.
    static func slots(for count: Int) -> Int {
        var slots = 4
        while slots * 2 < count * 3 { slots *= 2 }
        return slots
    }
}
