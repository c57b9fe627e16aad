/// The memory behind a `Matrix`: panels of sixteen outputs, 64 bytes for each step along the inputs.
final class PanelStorage: @unchecked Sendable {
    let memory: UnsafeMutableRawPointer
    let panelCount: Int
    private let inputs: Int
    private let precision: WeightPrecision
    private let panelBytes: Int

    init(outputs: Int, inputs: Int, precision: WeightPrecision) {
        self.inputs = inputs
        self.precision = precision
        panelCount = (outputs + 15) / 16
        panelBytes = precision == .float32 ? inputs * 64 : inputs / 2 * 64
        memory = UnsafeMutableRawPointer.allocate(byteCount: panelCount * panelBytes, alignment: 64)
        // Only the last panel can have lanes that nobody packs.
        (memory + (panelCount - 1) * panelBytes).initializeMemory(as: UInt8.self, repeating: 0, count: panelBytes)
    }

    deinit { memory.deallocate() }

    /// Writes the weights of one output, given as floats, into its lane.
    func pack(_ row: UnsafePointer<Float>, output: Int) {
        let panel = memory + output / 16 * panelBytes
        let lane = output % 16
        switch precision {
        case .float32:
            let floats = panel.assumingMemoryBound(to: Float.self)
            for index in 0..<inputs { floats[index * 16 + lane] = row[index] }
        case .bfloat16:
            let pairs = panel.assumingMemoryBound(to: UInt32.self)
            for step in 0..<inputs / 2 {
                let (even, odd) = (BFloat16.bits(row[2 * step]), BFloat16.bits(row[2 * step + 1]))
                pairs[step * 16 + lane] = UInt32(even) | UInt32(odd) << 16
            }
        }
    }

    /// Reads the weights of one output back as floats.
    func unpack(output: Int, to row: UnsafeMutablePointer<Float>) {
        let panel = UnsafeRawPointer(memory + output / 16 * panelBytes)
        let lane = output % 16
        switch precision {
        case .float32:
            let floats = panel.assumingMemoryBound(to: Float.self)
            for index in 0..<inputs { row[index] = floats[index * 16 + lane] }
        case .bfloat16:
            let pairs = panel.assumingMemoryBound(to: UInt32.self)
            for step in 0..<inputs / 2 {
                let pair = pairs[step * 16 + lane]
                row[2 * step] = Float(bitPattern: pair << 16)
                row[2 * step + 1] = Float(bitPattern: pair & 0xFFFF_0000)
            }
        }
    }
}

/// The upper half of a 32-bit float.
enum BFloat16 {
    /// The nearest bfloat16, ties to even; not-a-number stays one.
    static func bits(_ value: Float) -> UInt16 {
        let pattern = value.bitPattern
        if value.isNaN { return UInt16(truncatingIfNeeded: pattern >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (pattern &+ 0x7FFF &+ (pattern >> 16 & 1)) >> 16)
    }
}
