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
