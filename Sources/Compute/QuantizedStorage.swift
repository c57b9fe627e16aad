internal import CPUFeatures

/// The memory behind a quantised `Matrix`, or behind some of its outputs: panels and scales as `QuantizedForm` packs them,
/// in memory of its own or in a file. Immutable once packed, so threads share it freely.
package final class QuantizedStorage: @unchecked Sendable {
    let panels: UnsafeRawPointer
    let scales: UnsafeRawPointer
    let outputs: Int
    let groups: Int
    let form: QuantizedForm
    private let owner: any Sendable

    var inputs: Int { groups * Int(quantized_group) }
    var panelCount: Int { (outputs + 15) / 16 }
    private var panelBytes: Int { groups * form.groupBytes }
    private var scaleBytes: Int { (groups + 1) / 2 * 64 }
    /// The panels, and the scales.
    var bytes: [UnsafeRawBufferPointer] {
        [
            UnsafeRawBufferPointer(start: panels, count: panelCount * panelBytes),
            UnsafeRawBufferPointer(start: scales, count: panelCount * scaleBytes),
        ]
    }

    /// Weights that lie packed elsewhere.
    ///
    /// - Parameters:
    ///   - panels: the bytes of `form.panelShape(outputs:inputs:)`.
    ///   - scales: the bytes of `form.scaleShape(outputs:inputs:)`.
    ///   - owner: keeps them where they are.
    package init(
        outputs: Int, inputs: Int, form: QuantizedForm, panels: UnsafeRawPointer, scales: UnsafeRawPointer,
        owner: any Sendable
    ) {
        self.outputs = outputs
        groups = inputs / Int(quantized_group)
        self.form = form
        self.panels = panels
        self.scales = scales
        self.owner = owner
    }

    /// Rounds and packs rows.
    ///
    /// - Parameter readRow: writes the row whose index it gets; called from several threads.
    convenience init(
        outputs: Int, inputs: Int, form: QuantizedForm, team: ThreadTeam,
        readRow: (Int, UnsafeMutablePointer<Float>) -> Void
    ) {
        let panelBytes = form.panelShape(outputs: 1, inputs: inputs).reduce(1, *)
        let scaleBytes = form.scaleShape(outputs: 1, inputs: inputs).reduce(2, *)
        let panelCount = (outputs + 15) / 16
        let memory = FloatBuffer(count: panelCount * (panelBytes + scaleBytes) / 4)
        nonisolated(unsafe) let panels = UnsafeMutableRawPointer(memory.floats)
        nonisolated(unsafe) let scales = panels + panelCount * panelBytes
        withoutActuallyEscaping(readRow) { readRow in
            nonisolated(unsafe) let readRow = readRow
            team.split(panelCount, atLeast: 4) { part in
                let rows = FloatBuffer(count: 16 * inputs)
                for panel in part {
                    let count = min(16, outputs - panel * 16)
                    for row in 0..<count { readRow(panel * 16 + row, rows.floats + row * inputs) }
                    form.pack(
                        rows.floats, outputs: count, inputs: inputs, panel: panels + panel * panelBytes,
                        scales: scales + panel * scaleBytes)
                }
            }
        }
        self.init(outputs: outputs, inputs: inputs, form: form, panels: panels, scales: scales, owner: memory)
    }

    /// Reads the weights of one output back as floats.
    package func unpack(output: Int, to row: UnsafeMutablePointer<Float>) {
        let (panel, lane) = (output / 16, output % 16)
        let memory = (panels + panel * panelBytes).assumingMemoryBound(to: UInt8.self)
        let pairs = scales + panel * scaleBytes + lane * 4
        for group in 0..<groups {
            let bits = (pairs + group / 2 * 64 + group % 2 * 2).loadUnaligned(as: UInt16.self)
            let scale = Float(bitPattern: UInt32(bits) << 16)
            let source = memory + group * form.groupBytes
            for index in 0..<Int(quantized_group) {
                let stored = form.stored(lane: lane, index, in: source)
                row[group * Int(quantized_group) + index] = scale * Float(Int32(stored) - form.offset)
            }
        }
    }
}
