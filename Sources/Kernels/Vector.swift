#if KERNELS_V3 || KERNELS_V4
internal import Intrinsics
#endif

/// The vector that every kernel works with: one AVX-512 register, two of AVX2, four of SSE2.
///
/// A sum runs in the same lanes whatever the register width, so instruction sets differ in their bits only where
/// fused multiply-add does.
typealias Vector = SIMD16<Float>

/// `sum += left · right`, fused where the instruction set has it.
///
/// Without FMA, `addingProduct` would become sixteen calls of the C library's `fmaf`.
@inline(__always)
func accumulate(_ sum: inout Vector, _ left: Vector, _ right: Vector) {
    #if KERNELS_V3 || KERNELS_V4
    sum.addProduct(left, right)
    #else
    sum += left * right
    #endif
}

/// Reads sixteen floats at any address.
@inline(__always)
func load(_ pointer: UnsafePointer<Float>) -> Vector {
    UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
}

/// Writes sixteen floats at any address.
@inline(__always)
func store(_ vector: Vector, to pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
}

/// Reads the first `count` floats, at most sixteen; the other lanes are zero.
@inline(__always)
func load(_ pointer: UnsafePointer<Float>, count: Int) -> Vector {
    #if KERNELS_V4
    return _mm512_maskz_loadu_ps(lanes(count), pointer)
    #else
    var vector = Vector.zero
    for lane in 0..<count { vector[lane] = pointer[lane] }
    return vector
    #endif
}

/// Writes the first `count` lanes, at most sixteen.
@inline(__always)
func store(_ vector: Vector, to pointer: UnsafeMutablePointer<Float>, count: Int) {
    #if KERNELS_V4
    _mm512_mask_storeu_ps(pointer, lanes(count), vector)
    #else
    for lane in 0..<count { pointer[lane] = vector[lane] }
    #endif
}

#if KERNELS_V4
/// The mask of the first `count` lanes, at most sixteen.
@inline(__always)
private func lanes(_ count: Int) -> UInt16 { UInt16(truncatingIfNeeded: (1 << count) - 1) }
#endif

/// Adds the lanes, halves onto halves: always in the same order.
@inline(__always)
func sum(_ vector: Vector) -> Float {
    #if KERNELS_V4
    return sum_of_all_lanes(vector)
    #elseif KERNELS_V3
    let halves = unsafeBitCast(vector, to: (__m256, __m256).self)
    return sum_of_lanes(halves.0, halves.1)
    #else
    let eight = vector.lowHalf + vector.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
    #endif
}

/// Adds the lanes of integers, wrapping around.
@inline(__always)
func sum(_ vector: SIMD16<Int32>) -> Int32 {
    let eight = vector.lowHalf &+ vector.highHalf
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return two[0] &+ two[1]
}

/// The largest lane.
@inline(__always)
func largest(_ vector: Vector) -> Float {
    #if KERNELS_V4
    return _mm512_reduce_max_ps(vector)
    #else
    let eight = vector.lowHalf.replacing(with: vector.highHalf, where: vector.highHalf .> vector.lowHalf)
    let four = eight.lowHalf.replacing(with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two[0] > two[1] ? two[0] : two[1]
    #endif
}

/// e to the power of each lane, to about one unit in the last place; 0 below −87.3, and at most e^88.
///
/// Splits x = n·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite, 1980), takes e^r by its series and adds n to the exponent.
/// Our own, not the C library's, so that bits do not depend on the system.
@_transparent
func exponential(_ input: Vector) -> Vector {
    let clamped = input.replacing(with: -87.3, where: input .< -87.3).replacing(with: 88, where: input .> 88)
    // Adding 1.5 · 2^23 leaves the nearest integer in the low bits of the sum.
    let shift: Float = 12_582_912
    let shifted = clamped * 1.442_695_04 + shift
    let turns = shifted - shift
    var rest = clamped
    accumulate(&rest, turns, Vector(repeating: -0.693_359_375))
    accumulate(&rest, turns, Vector(repeating: 2.121_944_4e-4))
    var series = Vector(repeating: 1.0 / 5040)
    series = step(series, rest, 1.0 / 720)
    series = step(series, rest, 1.0 / 120)
    series = step(series, rest, 1.0 / 24)
    series = step(series, rest, 1.0 / 6)
    series = step(series, rest, 0.5)
    series = step(series, rest, 1)
    series = step(series, rest, 1)
    let integers =
        unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &- SIMD16<UInt32>(repeating: shift.bitPattern)
    let scale = unsafeBitCast((integers &+ 127) &<< 23, to: Vector.self)
    return (series * scale).replacing(with: 0, where: input .< -87.3)
}

/// One step of Horner's rule: `series · rest + coefficient`.
@inline(__always)
private func step(_ series: Vector, _ rest: Vector, _ coefficient: Float) -> Vector {
    var next = Vector(repeating: coefficient)
    accumulate(&next, series, rest)
    return next
}
