/// One row in bfloat16: see `KernelTable.round`. Pairs, as weights lie in panels, where there are products of such; else
/// floats whose lower half is zero.
func round(_ input: UnsafePointer<Float>, _ width: Int, _ rounded: UnsafeMutableRawPointer) {
    let target = rounded.assumingMemoryBound(to: Float.self)
    for first in stride(from: 0, to: width, by: 16) {
        let count = min(16, width - first)
        let bits = nearestBFloat16(load(input + first, count: count))
        #if KERNELS_V4_BF16
        let pairs = bits.evenHalf &>> 16 | bits.oddHalf
        let floats = unsafeBitCast(SIMD16(lowHalf: pairs, highHalf: .zero), to: Vector.self)
        store(floats, to: target + first / 2, count: count / 2)
        #else
        store(unsafeBitCast(bits, to: Vector.self), to: target + first, count: count)
        #endif
    }
}

/// The bits of the nearest bfloat16, ties to even, in the upper halves; not-a-number stays one.
@inline(__always)
private func nearestBFloat16(_ vector: Vector) -> SIMD16<UInt32> {
    let bits = unsafeBitCast(vector, to: SIMD16<UInt32>.self)
    let nearest = bits &+ 0x7FFF &+ (bits &>> 16 & 1)
    return nearest.replacing(with: bits | 0x40_0000, where: vector .!= vector) & 0xFFFF_0000
}
