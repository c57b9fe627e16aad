internal import Decoding

extension ThoughtTree {
    /// A number of 64 bits that differs as good as always between trees that differ, and is the same in every run.
    ///
    /// FNV-1a over what identifies a tree: of each thought its parent, origin, slot, state, duplicates, the bits of its
    /// score, its tokens and its text, every number as eight bytes, lowest first. Not meant against forgery.
    ///
    /// - Complexity: O(n) in the tokens and bytes of all texts.
    public var fingerprint: UInt64 {
        var hash = Fingerprint()
        for thought in thoughts {
            hash.combine(thought.parent ?? -1)
            hash.combine(thought.origin.rawValue)
            hash.combine(thought.slot)
            hash.combine(thought.state.rawValue)
            hash.combine(thought.duplicates)
            hash.combine(thought.score.map { Int($0.bitPattern) } ?? -1)
            hash.combine(thought.tokens.count)
            for token in thought.tokens { hash.combine(Int(token)) }
            hash.combine(thought.text)
        }
        return hash.value
    }
}

/// The FNV-1a hash (Fowler, Noll and Vo, 1991) of numbers and texts, each text after its length.
private struct Fingerprint {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ number: Int) {
        for shift in stride(from: 0, to: 64, by: 8) { combine(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func combine(_ text: String) {
        combine(text.utf8.count)
        for byte in text.utf8 { combine(byte) }
    }

    private mutating func combine(_ byte: UInt8) {
        value ^= UInt64(byte)
        value &*= 0x0000_0100_0000_01B3
    }
}
