/// Finds a token by its bytes: an open-addressing hash table of ids over the vocabulary's table of bytes.
struct ByteStringIndex: Sendable {
    private static let empty: Int32 = -1

    private var slots: [Int32]
    private let shift: UInt64

    /// Enters some tokens, no two of which have the same bytes.
    init(bytes: [UInt8], starts: [UInt32], tokens: [Int32]) {
        let count = HashSeed.slots(for: tokens.count)
        slots = Array(repeating: ByteStringIndex.empty, count: count)
        shift = UInt64(64 - count.trailingZeroBitCount)
        bytes.withUnsafeBytes { bytes in
            for token in tokens {
                let text = bytes[Int(starts[Int(token)])..<Int(starts[Int(token) + 1])]
                var slot = home(of: UnsafeRawBufferPointer(rebasing: text))
                while slots[slot] != ByteStringIndex.empty { slot = (slot + 1) & (slots.count - 1) }
                slots[slot] = token
            }
        }
    }

    /// The token with exactly these bytes, or nil. `bytes` and `starts` are those the index was made of.
    ///
    /// - Complexity: O(n) in the text.
    func token(of text: UnsafeRawBufferPointer, bytes: [UInt8], starts: [UInt32]) -> Int32? {
        bytes.withUnsafeBytes { bytes in
            var slot = home(of: text)
            while slots[slot] != ByteStringIndex.empty {
                let token = slots[slot]
                let start = Int(starts[Int(token)])
                if Int(starts[Int(token) + 1]) - start == text.count, ByteStringIndex.equal(bytes, start, text) {
                    return token
                }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    private static func equal(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ text: UnsafeRawBufferPointer
    ) -> Bool {
        for offset in 0..<text.count where bytes[start + offset] != text[offset] { return false }
        return true
    }

    private func home(of text: UnsafeRawBufferPointer) -> Int {
        Int(truncatingIfNeeded: HashSeed.hash(text) >> shift)
    }
}
