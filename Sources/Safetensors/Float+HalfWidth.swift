/// Conversions to and from the two 16-bit formats, on bits: `Float16` is missing on some platforms.
///
/// All are free of branches where it matters, so that loops over them vectorise.
extension Float {
    /// The value of an IEEE 754 binary16 number, exactly; bits of a NaN are kept.
    package init(halfBits: UInt16) {
        let magnitude = UInt32(halfBits & 0x7FFF)
        // The exponent moves by 127 − 15; the product does the same for subnormal numbers, and is exact.
        let scaled = (Float(bitPattern: magnitude << 13) * 0x1p112).bitPattern
        let special: UInt32 = magnitude >= 0x7C00 ? 0x7F80_0000 : 0
        self.init(bitPattern: scaled | special | UInt32(halfBits & 0x8000) << 16)
    }

    /// The value of a bfloat16 number, exactly.
    package init(bfloat16Bits: UInt16) { self.init(bitPattern: UInt32(bfloat16Bits) << 16) }

    /// The nearest IEEE 754 binary16 number, ties to even; beyond 65504 infinity, NaN stays NaN.
    package var halfBits: UInt16 {
        let magnitude = bitPattern & 0x7FFF_FFFF
        let sign = UInt16(truncatingIfNeeded: bitPattern >> 16) & 0x8000
        if magnitude > 0x7F80_0000 { return sign | 0x7E00 | UInt16(truncatingIfNeeded: magnitude >> 13) & 0x3FF }
        if magnitude >= 0x4780_0000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Below 2⁻¹⁴ the steps are 2⁻²⁴, which are those of Float at 0.5: the sum rounds as it must.
            let shifted = (Float(bitPattern: magnitude) + 0.5).bitPattern - (0.5 as Float).bitPattern
            return sign | UInt16(truncatingIfNeeded: shifted)
        }
        let rebiased = magnitude - 112 << 23
        let rounded = (rebiased + 0xFFF + rebiased >> 13 & 1) >> 13
        return sign | UInt16(truncatingIfNeeded: rounded)
    }

    /// The nearest bfloat16 number, ties to even; NaN stays NaN.
    package var bfloat16Bits: UInt16 {
        let bits = bitPattern
        if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (bits + 0x7FFF + bits >> 16 & 1) >> 16)
    }

    /// A `Float` next to `value` that keeps what a later rounding to 16 bits must know (rounding to odd).
    ///
    /// Rounding twice to the nearest can miss the nearest; rounding to odd first never does, because `Float` has more
    /// than two bits beyond the narrow formats (Boldo and Melquiond, 2008).
    package init(roundingToOdd value: Double) {
        let nearest = Float(value)
        guard Double(nearest) != value, !value.isNaN else {
            self = nearest
            return
        }
        let roundedAway = Double(nearest.magnitude) > value.magnitude
        self.init(bitPattern: (roundedAway ? nearest.bitPattern - 1 : nearest.bitPattern) | 1)
    }
}
