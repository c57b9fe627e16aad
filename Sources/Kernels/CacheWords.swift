/// How keys and values lie in words of 32 bits, sixteen of which are read at once.
///
/// Widening integers lane by lane is slow in Swift, so they are cut out of the words by shifts.
protocol CacheWords {
    /// Elements that a word holds, a power of two.
    static var count: Int { get }
    /// The same element of sixteen words, as a float.
    static func floats(_ words: UnsafeRawPointer, _ element: Int) -> Vector
    /// Sixteen numbers, multiplied with the scale of each depth where there are scales.
    static func scaled(_ vector: Vector, by scales: UnsafePointer<Float>?) -> Vector
}

extension CacheWords {
    @inline(__always)
    static func scaled(_ vector: Vector, by scales: UnsafePointer<Float>?) -> Vector { vector }
}

/// 32-bit floats.
enum FloatWords: CacheWords {
    @inline(__always)
    static var count: Int { 1 }

    @inline(__always)
    static func floats(_ words: UnsafeRawPointer, _ element: Int) -> Vector { words.loadUnaligned(as: Vector.self) }
}

/// Pairs of bfloat16, which are the upper halves of floats.
enum BFloat16Words: CacheWords {
    @inline(__always)
    static var count: Int { 2 }

    @inline(__always)
    static func floats(_ words: UnsafeRawPointer, _ element: Int) -> Vector {
        let pairs = words.loadUnaligned(as: SIMD16<UInt32>.self)
        let shift = SIMD16(repeating: UInt32(truncatingIfNeeded: 16 * element))
        return unsafeBitCast((pairs &>> shift) &<< 16, to: Vector.self)
    }
}

/// Four bytes, 128 larger than the integers that they stand for.
enum ByteWords: CacheWords {
    @inline(__always)
    static var count: Int { 4 }

    @inline(__always)
    static func floats(_ words: UnsafeRawPointer, _ element: Int) -> Vector {
        let bytes = words.loadUnaligned(as: SIMD16<UInt32>.self)
        let shift = SIMD16(repeating: UInt32(truncatingIfNeeded: 8 * element))
        // A float of 2²³ and more has steps of one: its low bits are an integer.
        let whole: Float = 8_388_608
        let floats = (bytes &>> shift) & 0xFF | SIMD16(repeating: whole.bitPattern)
        return unsafeBitCast(floats, to: Vector.self) - Vector(repeating: whole + 128)
    }

    @inline(__always)
    static func scaled(_ vector: Vector, by scales: UnsafePointer<Float>?) -> Vector {
        guard let scales else { return vector }
        return vector * load(scales)
    }
}
