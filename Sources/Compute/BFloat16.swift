/// The upper half of a 32-bit float.
package enum BFloat16 {
    /// The nearest bfloat16, ties to even; not-a-number stays one.
    package static func bits(_ value: Float) -> UInt16 {
        let pattern = value.bitPattern
        if value.isNaN { return UInt16(truncatingIfNeeded: pattern >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (pattern &+ 0x7FFF &+ (pattern >> 16 & 1)) >> 16)
    }
}
