/// How weights are rounded to integers: 8 or 4 bits in groups of 32 inputs that share a scale.
enum QuantizedForm: Sendable {
    case int8, int4

    /// Nothing for floats.
    init?(_ precision: WeightPrecision) {
        switch precision {
        case .int8: self = .int8
        case .int4: self = .int4
        case .float32, .bfloat16: return nil
        }
    }

    /// Bytes of one group of sixteen outputs.
    var groupBytes: Int {
        switch self {
        case .int8: 512
        case .int4: 256
        }
    }

    /// What is added to an integer before it is stored without sign.
    var offset: Int32 {
        switch self {
        case .int8: 128
        case .int4: 8
        }
    }

    /// Stores one integer, with its offset, in a group of zeros or of other integers.
    func place(_ stored: UInt8, lane: Int, _ index: Int, in group: UnsafeMutablePointer<UInt8>) {
        switch self {
        case .int8: group[index / 4 * 64 + lane * 4 + index % 4] = stored
        case .int4:
            let byte = group + (index / 8 * 64 + lane * 4 + index % 4)
            byte.pointee = index % 8 < 4 ? byte.pointee & 0xF0 | stored : byte.pointee & 0x0F | stored << 4
        }
    }

    /// One integer as it is stored.
    func stored(lane: Int, _ index: Int, in group: UnsafePointer<UInt8>) -> UInt8 {
        switch self {
        case .int8: return group[index / 4 * 64 + lane * 4 + index % 4]
        case .int4:
            let byte = group[index / 8 * 64 + lane * 4 + index % 4]
            return index % 8 < 4 ? byte & 0x0F : byte >> 4
        }
    }
}

/// A group of weights as integers, their offset added, and the scale that a bfloat16 holds exactly.
struct QuantizedGroup {
    var scale: Float
    var integers: SIMD32<Int32>
}

extension QuantizedForm {
    /// The integers and the scale with the least sum of squared errors among those that are tried.
    func quantize(_ weights: UnsafePointer<Float>) -> QuantizedGroup {
        let weights = UnsafeRawPointer(weights).loadUnaligned(as: SIMD32<Float>.self)
        let extreme = max(weights.max(), -weights.min()) == weights.max() ? weights.max() : weights.min()
        guard extreme != 0, extreme.isFinite else {
            return QuantizedGroup(scale: extreme.isFinite ? 0 : .nan, integers: SIMD32(repeating: offset))
        }
        switch self {
        case .int8: return rounded(weights, scale: BFloat16.above(abs(extreme) / 127))
        case .int4: return searched(weights, extreme: extreme)
        }
    }

    /// Tries scales around the one that maps the extreme to the end of the range, each improved by least squares.
    private func searched(_ weights: SIMD32<Float>, extreme: Float) -> QuantizedGroup {
        var (best, least) = (QuantizedGroup(scale: 0, integers: SIMD32(repeating: offset)), Float.infinity)
        for end in stride(from: Float(-9.5), through: 9.5, by: 0.25) where abs(end) >= 5 {
            let first = rounded(weights, scale: BFloat16.nearest(extreme / end))
            let integers = SIMD32<Float>(first.integers &- offset)
            let size = (integers * integers).sum()
            guard size > 0 else { continue }
            let found = rounded(weights, scale: BFloat16.nearest((weights * integers).sum() / size))
            let error = weights - SIMD32<Float>(found.integers &- offset) * found.scale
            let squares = (error * error).sum()
            if squares < least { (best, least) = (found, squares) }
        }
        return best
    }

    private func rounded(_ weights: SIMD32<Float>, scale: Float) -> QuantizedGroup {
        let range: (low: Float, high: Float) = self == .int8 ? (-127, 127) : (-8, 7)
        let nearest = (weights / scale).rounded(.toNearestOrEven).clamped(
            lowerBound: SIMD32(repeating: range.low), upperBound: SIMD32(repeating: range.high))
        return QuantizedGroup(scale: scale, integers: SIMD32<Int32>(nearest) &+ offset)
    }
}
