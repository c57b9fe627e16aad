/// The upper half of a 32-bit float.
enum BFloat16 {
    /// The nearest bfloat16, ties to even; not-a-number stays one.
    static func bits(_ value: Float) -> UInt16 {
        let pattern = value.bitPattern
        if value.isNaN { return UInt16(truncatingIfNeeded: pattern >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (pattern &+ 0x7FFF &+ (pattern >> 16 & 1)) >> 16)
    }

    /// The nearest bfloat16 as a float.
    static func nearest(_ value: Float) -> Float { Float(bitPattern: UInt32(bits(value)) << 16) }

    /// The smallest bfloat16 that is not below a positive number.
    static func above(_ value: Float) -> Float { Float(bitPattern: (value.bitPattern &+ 0xFFFF) & 0xFFFF_0000) }
}
