internal import CPUFeatures

/// How weights are rounded to integers, 8 or 4 bits in groups of 32 inputs that share a scale, and packed.
///
/// A panel holds sixteen outputs, group by group. A weight is `scale · (stored − offset)`. In 8 bits 64 bytes hold four
/// inputs of each output, side by side; in 4 bits eight, the first four in the low halves of bytes. Scales are bfloat16,
/// for two groups and sixteen outputs in 64 bytes, those of the first group in the low halves of 32-bit words.
package enum QuantizedForm: Sendable, Hashable, CaseIterable {
    case int8, int4

    /// Inputs that share a scale; weights have a multiple of them.
    package static var group: Int { Int(quantized_group) }

    /// Nothing for floats.
    package init?(_ precision: WeightPrecision) {
        switch precision {
        case .int8: self = .int8
        case .int4: self = .int4
        case .float32, .bfloat16: return nil
        }
    }

    /// The same as a precision.
    package var precision: WeightPrecision { self == .int8 ? .int8 : .int4 }

    /// What the tensors of packed weights are called in a file.
    package func tensorNames(of weights: String) -> (panels: String, scales: String) {
        ("\(weights).\(precision.rawValue)", "\(weights).scales")
    }

    /// The size of what panels of bytes take: panels × groups × bytes of a group.
    package func panelShape(outputs: Int, inputs: Int) -> [Int] {
        [(outputs + 15) / 16, inputs / Int(quantized_group), groupBytes]
    }

    /// The size of what scales take, two bytes each: panels × pairs of groups × 16 × 2.
    package func scaleShape(outputs: Int, inputs: Int) -> [Int] {
        [(outputs + 15) / 16, (inputs / Int(quantized_group) + 1) / 2, 16, 2]
    }

    /// Rounds and packs one panel.
    ///
    /// - Parameters:
    ///   - rows: `outputs` × `inputs` floats, one output after the other; at most sixteen.
    ///   - inputs: a multiple of 32.
    package func pack(
        _ rows: UnsafePointer<Float>, outputs: Int, inputs: Int, panel: UnsafeMutableRawPointer,
        scales: UnsafeMutableRawPointer
    ) {
        let columns = FloatBuffer(count: inputs * 16)
        for lane in 0..<outputs {
            for input in 0..<inputs { columns.floats[input * 16 + lane] = rows[lane * inputs + input] }
        }
        let kernels = InstructionSet.current.kernels
        (self == .int8 ? kernels.pack_int8 : kernels.pack_int4)(
            columns.floats, inputs / Int(quantized_group), panel, scales)
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
