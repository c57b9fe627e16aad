// Weights as integers in groups of 32 that share a scale. No operation here is fused, so that every instruction set finds
// the same integers, and a converted file does not tell where it was made.

/// 32 weights, or their integers as floats.
private struct Group {
    let first: Vector
    let second: Vector

    @inline(__always)
    init(_ first: Vector, _ second: Vector) {
        self.first = first
        self.second = second
    }

    @inline(__always)
    init(at pointer: UnsafePointer<Float>) { self.init(load(pointer), load(pointer + 16)) }

    /// Σ self · other.
    @inline(__always)
    func product(_ other: Group) -> Float { sum(first * other.first + second * other.second) }

    /// The weight of the largest magnitude with its sign, a positive one if both signs have it; not a number if one of
    /// the weights is none or infinite.
    @inline(__always)
    var extreme: Float {
        let high = largest(first.replacing(with: second, where: second .> first))
        let low = -largest((-first).replacing(with: -second, where: -second .> -first))
        return (high >= -low ? high : low) + sum(first * 0 + second * 0)
    }

    /// The integers nearest to the weights in steps of a scale, ties to even, between two bounds.
    @inline(__always)
    func rounded(_ scale: Float, from low: Float, to high: Float) -> Group {
        Group(nearest(first, scale, low, high), nearest(second, scale, low, high))
    }

    /// Σ (self − integers · scale)².
    @inline(__always)
    func squaredError(_ integers: Group, _ scale: Float) -> Float {
        let error = Group(first - integers.first * scale, second - integers.second * scale)
        return error.product(error)
    }

    @inline(__always)
    func write(to integers: UnsafeMutablePointer<Int8>) {
        let shift = SIMD16<Int32>(repeating: Int32(bitPattern: integerFloat.bitPattern))
        let (low, high) = (first + Vector(repeating: integerFloat), second + Vector(repeating: integerFloat))
        storeBytes(unsafeBitCast(low, to: SIMD16<Int32>.self) &- shift, to: integers)
        storeBytes(unsafeBitCast(high, to: SIMD16<Int32>.self) &- shift, to: integers + 16)
    }
}

@inline(__always)
private func nearest(_ weights: Vector, _ scale: Float, _ low: Float, _ high: Float) -> Vector {
    let steps = weights / Vector(repeating: scale)
    let bounded = steps.replacing(with: low, where: steps .< low).replacing(with: high, where: steps .> high)
    return bounded + Vector(repeating: integerFloat) - Vector(repeating: integerFloat)
}

/// The nearest float whose lower half is zero, ties to even.
@inline(__always)
private func bfloat16(_ value: Float) -> Float {
    let pattern = value.bitPattern
    return Float(bitPattern: (pattern &+ 0x7FFF &+ (pattern >> 16 & 1)) & 0xFFFF_0000)
}

/// Rounds every group with what `round` finds for it; zeros have the scale 0, and what is no number the scale none.
@inline(__always)
private func roundGroups(
    _ weights: UnsafePointer<Float>, _ groups: Int, _ integers: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>, _ round: (Group, Float) -> (scale: Float, integers: Group)
) {
    for index in 0..<groups {
        let group = Group(at: weights + index * 32)
        let extreme = group.extreme
        var found = (scale: extreme, integers: Group(.zero, .zero))
        if extreme.magnitude > 1e-36 { found = round(group, extreme) } else if extreme == extreme { found.scale = 0 }
        scales[index] = found.scale
        found.integers.write(to: integers + index * 32)
    }
}

/// Weights in 8 bits: see `KernelTable.round_int8`.
func roundInt8(
    _ weights: UnsafePointer<Float>, _ groups: Int, _ integers: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>
) {
    roundGroups(weights, groups, integers, scales) { group, extreme in
        // The smallest bfloat16 that is not below: no weight is beyond the range then.
        let scale = Float(bitPattern: ((extreme.magnitude / 127).bitPattern &+ 0xFFFF) & 0xFFFF_0000)
        return (scale, group.rounded(scale, from: -127, to: 127))
    }
}

/// Weights in 4 bits: see `KernelTable.round_int4`.
func roundInt4(
    _ weights: UnsafePointer<Float>, _ groups: Int, _ integers: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>
) {
    roundGroups(weights, groups, integers, scales) { group, extreme in
        let plain = bfloat16(extreme / -8)
        var best = (scale: plain, integers: group.rounded(plain, from: -8, to: 7))
        var least = group.squaredError(best.integers, plain)
        // What integer the extreme becomes; for each the scale that then fits best, and integers for that.
        for step in 0..<20 {
            let end = (step & 1 == 0 ? 5 : -5) + Float(step / 2) * (step & 1 == 0 ? 0.5 : -0.5)
            let first = group.rounded(bfloat16(extreme / end), from: -8, to: 7)
            let scale = bfloat16(group.product(first) / first.product(first))
            let integers = group.rounded(scale, from: -8, to: 7)
            let error = group.squaredError(integers, scale)
            if error < least { (best, least) = ((scale, integers), error) }
        }
        return best
    }
}
