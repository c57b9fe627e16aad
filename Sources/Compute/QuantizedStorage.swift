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
        scales.initializeMemory(as: UInt8.self, repeating: 0, count: panelCount * scaleBytes)
        // Only the last panel can have lanes that nobody packs; their scale is zero.
        (panels + (panelCount - 1) * panelBytes).initializeMemory(as: UInt8.self, repeating: 0, count: panelBytes)
    }

    deinit {
        panels.deallocate()
        scales.deallocate()
    }

    /// Quantises the outputs of one panel, at most sixteen rows of `groups` × 32 floats.
    func pack(_ rows: UnsafePointer<Float>, panel: Int, outputs: Int) {
        let memory = (panels + panel * panelBytes).assumingMemoryBound(to: UInt8.self)
        let packedScales = (scales + panel * scaleBytes).assumingMemoryBound(to: UInt16.self)
        let integers = UnsafeMutablePointer<Int8>.allocate(capacity: groups * Int(quantized_group))
        let scales = UnsafeMutablePointer<Float>.allocate(capacity: groups)
        defer {
            integers.deallocate()
            scales.deallocate()
        }
        for lane in 0..<outputs {
            form.round(rows + lane * groups * Int(quantized_group), groups, integers, scales)
            for group in 0..<groups {
                packedScales[(group / 2 * 16 + lane) * 2 + group % 2] = UInt16(scales[group].bitPattern >> 16)
                let (source, target) = (integers + group * Int(quantized_group), memory + group * form.groupBytes)
                for index in 0..<Int(quantized_group) {
                    form.place(UInt8(Int32(source[index]) + form.offset), lane: lane, index, in: target)
                }
            }
        }
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
