#if KERNELS_V4
internal import Intrinsics
#endif

/// 1.5 · 2²³: a float of this size has steps of one, so that its last digits are an integer.
let integerFloat: Float = 12_582_912

/// One row in groups of 32 signed bytes: see `KernelTable.quantize`.
func quantize(
    _ input: UnsafePointer<Float>, _ groups: Int, _ offset: Int32, _ bytes: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>, _ starts: UnsafeMutablePointer<Int32>
) {
    for group in 0..<groups {
        let (first, second) = (load(input + group * 32), load(input + group * 32 + 16))
        let size = largest(
            magnitude(first).replacing(with: magnitude(second), where: magnitude(second) .> magnitude(first)))
        // Zero, unless one of them is infinite or no number: then the scale must be none either.
        let doubt = sum(first * 0 + second * 0)
        let steps = Vector(repeating: size > 1e-36 ? 127 / size : 0)
        let (low, high) = (rounded(first * steps), rounded(second * steps))
        store(low, to: bytes + group * 32)
        store(high, to: bytes + group * 32 + 16)
        scales[group] = size / 127 + doubt
        starts[group] = Int32(bitPattern: integerFloat.bitPattern) &- offset &* sum(low &+ high)
    }
}

@inline(__always)
private func magnitude(_ vector: Vector) -> Vector {
    unsafeBitCast(unsafeBitCast(vector, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: Vector.self)
}

/// The nearest integers, ties to even, of numbers of at most 127.
@inline(__always)
private func rounded(_ vector: Vector) -> SIMD16<Int32> {
    let shifted = unsafeBitCast(vector + Vector(repeating: integerFloat), to: SIMD16<Int32>.self)
    return shifted &- Int32(bitPattern: integerFloat.bitPattern)
}

/// Writes sixteen integers as bytes.
@inline(__always)
private func store(_ integers: SIMD16<Int32>, to bytes: UnsafeMutablePointer<Int8>) {
    #if KERNELS_V4
    let narrow = _mm512_cvtepi32_epi8(unsafeBitCast(integers, to: __m512i.self))
    UnsafeMutableRawPointer(bytes).storeBytes(of: narrow, as: __m128i.self)
    #else
    for lane in 0..<16 { bytes[lane] = Int8(truncatingIfNeeded: integers[lane]) }
    #endif
}
