/// The memory behind a `Matrix`: panels of sixteen outputs, 64 bytes for each step along the inputs.
final class PanelStorage: @unchecked Sendable {
    let memory: UnsafeMutableRawPointer
    let panelCount: Int
    /// 32-bit words of one output: a float, or the bfloat16 of an even input below that of an odd one.
    let words: Int
    private let inputs: Int
    private let precision: FloatPrecision

    private var panelBytes: Int { words * 64 }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: panelCount * panelBytes) }

    /// Packs rows.
    ///
    /// - Parameter readRow: writes the row whose index it gets in the precision; called from several threads.
    init(
        outputs: Int, inputs: Int, precision: FloatPrecision, team: ThreadTeam,
        readRow: (Int, UnsafeMutableRawPointer) -> Void
    ) {
        self.inputs = inputs
        self.precision = precision
        panelCount = (outputs + 15) / 16
        words = precision == .float32 ? inputs : inputs / 2
        let panelBytes = words * 64
        memory = UnsafeMutableRawPointer.allocate(byteCount: panelCount * panelBytes, alignment: 64)
        // Only the last panel can have lanes that nobody packs.
        (memory + (panelCount - 1) * panelBytes).initializeMemory(as: UInt8.self, repeating: 0, count: panelBytes)
        withoutActuallyEscaping(readRow) { readRow in
            nonisolated(unsafe) let readRow = readRow
            team.split(panelCount, atLeast: 4) { panels in
                let rows = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * words)
                defer { rows.deallocate() }
                for panel in panels {
                    let count = min(16, outputs - panel * 16)
                    for row in 0..<count { readRow(panel * 16 + row, rows + row * words) }
                    pack(rows, panel: panel, outputs: count)
                }
            }
        }
    }

    deinit { memory.deallocate() }

    /// Writes the outputs of one panel, at most sixteen, given one after another in their own words.
    private func pack(_ rows: UnsafePointer<UInt32>, panel: Int, outputs: Int) {
        let lines = (memory + panel * panelBytes).assumingMemoryBound(to: UInt32.self)
        for step in 0..<words {
            for lane in 0..<outputs { lines[step * 16 + lane] = rows[lane * words + step] }
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
