/// The largest logit of every 64 tokens: one pass over a row that lets the later ones skip most of it.
///
/// A struct that is read again and again keeps its memory.
struct GroupMaxima {
    /// The largest logit of each group of `TokenNoise.groupSize` tokens, the last of which may be smaller.
    private(set) var values: [Float] = []
    /// The largest logit.
    private(set) var largest: Float = -.infinity

    /// The tokens of a group.
    static func tokens(of group: Int, vocabularySize: Int) -> Range<Int> {
        let first = group * TokenNoise.groupSize
        return first..<min(first + TokenNoise.groupSize, vocabularySize)
    }

    /// Reads a row of at least one logit.
    ///
    /// - Throws: `SamplingError` if a logit is NaN or +infinity, or all are −infinity.
    mutating func read(_ logits: UnsafeBufferPointer<Float>) throws(SamplingError) {
        values.removeAll(keepingCapacity: true)
        largest = -.infinity
        var largestMagnitude: UInt32 = 0
        for first in stride(from: 0, to: logits.count, by: TokenNoise.groupSize) {
            // Bits that order like the numbers: unlike comparisons of floats, those of integers vectorise here.
            var rank = Int32.min
            var magnitude: UInt32 = 0
            for index in first..<min(first + TokenNoise.groupSize, logits.count) {
                let bits = logits[index].bitPattern
                rank = max(rank, LogitRank.rank(of: bits))
                magnitude = max(magnitude, bits & 0x7FFF_FFFF)
            }
            let value = LogitRank.logit(rank)
            values.append(value)
            largest = max(largest, value)
            largestMagnitude = max(largestMagnitude, magnitude)
        }
        if largestMagnitude > Float.infinity.bitPattern || largest == .infinity || largest == -.infinity {
            throw GroupMaxima.error(in: logits)
        }
    }

    /// The lowest token that has the largest logit.
    func firstLargest(in logits: UnsafeBufferPointer<Float>) -> Int {
        for (group, value) in values.enumerated() where value == largest {
            let tokens = GroupMaxima.tokens(of: group, vocabularySize: logits.count)
            if let token = tokens.first(where: { logits[$0] == largest }) { return token }
        }
        preconditionFailure("the row is not the one whose maxima these are")
    }

    private static func error(in logits: UnsafeBufferPointer<Float>) -> SamplingError {
        if let token = logits.firstIndex(where: \.isNaN) { return .notANumber(token: token) }
        if let token = logits.firstIndex(of: .infinity) { return .infinite(token: token) }
        return .nothingAllowed(vocabularySize: logits.count)
    }
}
