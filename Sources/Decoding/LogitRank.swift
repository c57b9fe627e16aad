/// Whole numbers that order as logits do.
enum LogitRank {
    /// The rank of the number with these bits: −0 directly below +0, NaN beyond the infinities.
    static func rank(of bits: UInt32) -> Int32 {
        let signed = Int32(bitPattern: bits)
        return signed ^ Int32(bitPattern: UInt32(bitPattern: signed >> 31) >> 1)
    }

    /// The number that has this rank.
    static func logit(_ rank: Int32) -> Float {
        Float(bitPattern: UInt32(bitPattern: rank ^ Int32(bitPattern: UInt32(bitPattern: rank >> 31) >> 1)))
    }

    /// A key that is larger for larger logits and, among equal ones, for lower tokens.
    static func key(logit: Float, token: Int) -> UInt64 {
        // Adding 0 turns −0 into 0, which it is equal to.
        let rank = UInt32(bitPattern: rank(of: (logit + 0).bitPattern)) ^ 0x8000_0000
        return UInt64(rank) << 32 | UInt64(~UInt32(truncatingIfNeeded: token))
    }

    /// The token of a key.
    static func token(ofKey key: UInt64) -> Int { Int(~UInt32(truncatingIfNeeded: key)) }
}
