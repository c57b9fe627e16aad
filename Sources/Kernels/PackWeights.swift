// Weights as integers in groups of 32 inputs that share a scale, packed as the products read them. The lanes of a vector
// are outputs. No operation here is fused, so that every instruction set finds the same integers, and a converted file does
// not tell where it was made.

/// One group of sixteen outputs: 32 vectors in the order of the inputs.
private struct Group {
    let weights: UnsafePointer<Float>
    /// The integers that weights may become.
    let low: Float
    let high: Float

    /// The weight of the largest magnitude with its sign, a positive one if both signs have it; not a number if one of
    /// the weights is none or infinite.
    @inline(__always)
    var extreme: Vector {
        var (most, least, doubt) = (Vector.zero, Vector.zero, Vector.zero)
        for input in 0..<32 {
            let weight = load(weights + 16 * input)
            most.replace(with: weight, where: weight .> most)
            least.replace(with: weight, where: weight .< least)
            doubt += weight * 0
        }
        return least.replacing(with: most, where: most .>= -least) + doubt
    }

    /// The integer of one input in steps of 1 / `steps`, ties to even, in the last digits of a float.
    @inline(__always)
    func shifted(_ input: Int, _ steps: Vector) -> Vector {
        let exact = load(weights + 16 * input) * steps
        let bounded = exact.replacing(with: low, where: exact .< low).replacing(with: high, where: exact .> high)
        return bounded + integerFloat
    }

    /// The same of four inputs as bytes side by side; `offset` makes them positive.
    @inline(__always)
    func bytes(from input: Int, _ steps: Vector, offset: UInt32) -> WeightBytes {
        let shift = WeightBytes(repeating: integerFloat.bitPattern &- offset)
        var bytes = WeightBytes.zero
        for place in 0..<4 {
            let integers = unsafeBitCast(shifted(input + place, steps), to: WeightBytes.self) &- shift
            bytes |= (integers & (2 * offset - 1)) &<< UInt32(8 * place)
        }
        return bytes
    }

    /// Σ weight · integer and Σ integer² with such integers.
    @inline(__always)
    func fit(_ steps: Vector) -> (products: Vector, squares: Vector) {
        var (products, squares) = (Vector.zero, Vector.zero)
        for input in 0..<32 {
            let integer = shifted(input, steps) - integerFloat
            products += load(weights + 16 * input) * integer
            squares += integer * integer
        }
        return (products, squares)
    }

    /// The bfloat16 scales of least squared error among twenty that each fit best to some integers: those that come out
    /// if the extreme becomes −9.5, −9 … −5, 5 … 9.5. Where none is found, the one that maps it to the lowest integer.
    @inline(__always)
    func fittingScale(_ extreme: Vector) -> Vector {
        var best = bfloat16(extreme / low)
        var least = error(best)
        for step in 0..<20 {
            let end = step < 10 ? Float(step) * 0.5 - 9.5 : Float(step) * 0.5
            let first = fit(end / extreme)
            let scale = bfloat16(first.products / first.squares)
            let error = error(scale)
            best.replace(with: scale, where: error .< least)
            least.replace(with: error, where: error .< least)
        }
        return best
    }

    /// The bfloat16 scales of least squared error among fourteen neighbours: of those that leave no weight beyond the
    /// range the smallest, the two below it, and those above it up to about a tenth more.
    @inline(__always)
    func nearbyScale(_ extreme: Vector) -> Vector {
        let size = unsafeBitCast(extreme.replacing(with: -extreme, where: extreme .< 0) / high, to: WeightBytes.self)
        let enough = (size &+ 0xFFFF) & 0xFFFF_0000
        var best = unsafeBitCast(enough, to: Vector.self)
        var least = error(best)
        for step in 0..<14 {
            let scale = unsafeBitCast(enough &+ (UInt32(step) &<< 16) &- 0x2_0000, to: Vector.self)
            let error = error(scale)
            best.replace(with: scale, where: error .< least)
            least.replace(with: error, where: error .< least)
        }
        return best
    }

    /// Σ (weight − integer · scale)² − Σ weight².
    @inline(__always)
    private func error(_ scale: Vector) -> Vector {
        let found = fit(1 / scale)
        return scale * (scale * found.squares - 2 * found.products)
    }
}

/// The nearest floats whose lower half is zero, ties to even.
@inline(__always)
private func bfloat16(_ values: Vector) -> Vector {
    let patterns = unsafeBitCast(values, to: WeightBytes.self)
    return unsafeBitCast((patterns &+ 0x7FFF &+ (patterns &>> 16 & 1)) & 0xFFFF_0000, to: Vector.self)
}

/// Stores the scales of a group, those of an even one below those of the odd one, and gives what weights are to be
/// multiplied with. Zeros have the scale 0, and what is no number has none.
@inline(__always)
private func store(_ found: Vector, _ extreme: Vector, _ group: Int, to scales: UnsafeMutableRawPointer) -> Vector {
    let scale = found.replacing(with: extreme, where: extreme .!= extreme)
        .replacing(with: 0, where: extreme .< 1e-36 .& extreme .> -1e-36)
    let patterns = unsafeBitCast(scale, to: WeightBytes.self)
    let pair = scales + group / 2 * 64
    let both = group & 1 == 0 ? patterns &>> 16 : patterns | pair.loadUnaligned(as: WeightBytes.self)
    pair.storeBytes(of: both, as: WeightBytes.self)
    return (1 / scale).replacing(with: 0, where: scale .== 0)
}

/// A panel in 8 bits: see `KernelTable.pack_int8`.
func packInt8(
    _ weights: UnsafePointer<Float>, _ groups: Int, _ panel: UnsafeMutableRawPointer,
    _ scales: UnsafeMutableRawPointer
) {
    for index in 0..<groups {
        let group = Group(weights: weights + index * 512, low: -127, high: 127)
        let extreme = group.extreme
        let steps = store(group.nearbyScale(extreme), extreme, index, to: scales)
        for four in 0..<8 {
            let bytes = group.bytes(from: 4 * four, steps, offset: 128)
            (panel + index * 512 + 64 * four).storeBytes(of: bytes, as: WeightBytes.self)
        }
    }
}

/// A panel in 4 bits: see `KernelTable.pack_int4`.
func packInt4(
    _ weights: UnsafePointer<Float>, _ groups: Int, _ panel: UnsafeMutableRawPointer,
    _ scales: UnsafeMutableRawPointer
) {
    for index in 0..<groups {
        let group = Group(weights: weights + index * 512, low: -8, high: 7)
        let extreme = group.extreme
        let steps = store(group.fittingScale(extreme), extreme, index, to: scales)
        for step in 0..<4 {
            let low = group.bytes(from: 8 * step, steps, offset: 8)
            let high = group.bytes(from: 8 * step + 4, steps, offset: 8)
            (panel + index * 256 + 64 * step).storeBytes(of: low | high &<< 4, as: WeightBytes.self)
        }
    }
}
