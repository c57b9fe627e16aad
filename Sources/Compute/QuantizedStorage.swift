internal import CPUFeatures

/// The memory behind a quantised `Matrix`: panels of sixteen outputs, group by group of 32 inputs, and their scales.
///
/// A weight is `scale · (stored − offset)`. In 8 bits 64 bytes hold four inputs of each output, side by side; in 4 bits
/// eight, the first four in the low halves of bytes. Scales are bfloat16, for two groups and sixteen outputs in 64 bytes.
final class QuantizedStorage: @unchecked Sendable {
    let panels: UnsafeMutableRawPointer
    let scales: UnsafeMutableRawPointer
    let panelCount: Int
    let groups: Int
    let form: QuantizedForm

    private var panelBytes: Int { groups * form.groupBytes }
    private var scaleBytes: Int { (groups + 1) / 2 * 64 }

    init(outputs: Int, groups: Int, form: QuantizedForm) {
        self.groups = groups
        self.form = form
        panelCount = (outputs + 15) / 16
        let (panelBytes, scaleBytes) = (groups * form.groupBytes, (groups + 1) / 2 * 64)
        panels = .allocate(byteCount: panelCount * panelBytes, alignment: 64)
        scales = .allocate(byteCount: panelCount * scaleBytes, alignment: 64)
    }

    deinit {
        panels.deallocate()
        scales.deallocate()
    }

    /// Quantises the outputs of one panel, at most sixteen rows of `groups` × 32 floats.
    func pack(_ rows: UnsafePointer<Float>, panel: Int, outputs: Int) {
        let inputs = groups * Int(quantized_group)
        let columns = FloatBuffer(count: inputs * 16)
        for lane in 0..<outputs {
            for input in 0..<inputs { columns.floats[input * 16 + lane] = rows[lane * inputs + input] }
        }
        let kernels = InstructionSet.current.kernels
        (form == .int8 ? kernels.pack_int8 : kernels.pack_int4)(
            columns.floats, groups, panels + panel * panelBytes, scales + panel * scaleBytes)
    }

    /// Reads the weights of one output back as floats.
    func unpack(output: Int, to row: UnsafeMutablePointer<Float>) {
        let (panel, lane) = (output / 16, output % 16)
        let memory = (panels + panel * panelBytes).assumingMemoryBound(to: UInt8.self)
        let scales = (scales + panel * scaleBytes).assumingMemoryBound(to: UInt16.self)
        for group in 0..<groups {
            let scale = Float(bitPattern: UInt32(scales[(group / 2 * 16 + lane) * 2 + group % 2]) << 16)
            let source = memory + group * form.groupBytes
            for index in 0..<Int(quantized_group) {
                let stored = form.stored(lane: lane, index, in: source)
                row[group * Int(quantized_group) + index] = scale * Float(Int32(stored) - form.offset)
            }
        }
    }
}
