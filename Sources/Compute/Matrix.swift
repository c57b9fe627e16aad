internal import CPUFeatures

/// How weights are kept in memory.
public enum WeightPrecision: String, Sendable, Hashable, CaseIterable {
    /// 32-bit floats.
    case float32 = "f32"
    /// The upper half of a 32-bit float.
    case bfloat16 = "bf16"
    /// 8-bit integers in groups of 32 inputs that share a scale; 8.5 bits a weight. Rows are rounded to 8 bits, too.
    case int8
    /// 4-bit integers in such groups; 4.5 bits a weight.
    case int4

    /// Sixteenths of a byte that a weight takes, with its share of the scale.
    package var sixteenths: Int {
        switch self {
        case .float32: 64
        case .bfloat16: 32
        case .int8: 17
        case .int4: 9
        }
    }

    /// The floats that weights of this precision are read as.
    var floats: FloatPrecision { self == .bfloat16 ? .bfloat16 : .float32 }

    /// The precision in which a matrix of so many inputs is kept: what does not fit the form takes more room.
    func fitting(inputs: Int) -> WeightPrecision {
        switch self {
        case .int8, .int4: inputs % Int(quantized_group) == 0 ? self : WeightPrecision.bfloat16.fitting(inputs: inputs)
        case .bfloat16: inputs % 2 == 0 ? self : .float32
        case .float32: self
        }
    }
}

/// How weights come into a matrix.
package enum FloatPrecision: Sendable {
    /// 32-bit floats.
    case float32
    /// The upper half of a 32-bit float.
    case bfloat16
}

/// The weights of a linear layer, outputs × inputs, packed in the order in which the kernels read them.
///
/// Panel p holds the outputs 16p … 16p + 15 side by side: for each input (each pair of inputs in bfloat16) the sixteen
/// weights of one vector. Immutable once packed, so threads share it freely.
package struct Matrix: Sendable {
    /// Rows of the weight matrix: elements of a result.
    package let outputs: Int
    /// Columns of the weight matrix: elements of an input.
    package let inputs: Int
    /// How the weights are kept.
    package let precision: WeightPrecision
    private let storage: Storage

    private enum Storage: Sendable {
        case floats(PanelStorage)
        /// Parts whose outputs follow each other.
        case quantized([QuantizedStorage])
    }

    /// Packs row-major weights.
    ///
    /// - Parameters:
    ///   - outputs: rows of the matrix, at least 1.
    ///   - inputs: columns of the matrix, at least 1.
    ///   - precision: how to keep the weights. What is quantised needs a multiple of 32 inputs and is kept in bfloat16
    ///     without; bfloat16 with an odd number of inputs is kept in 32 bits.
    ///   - team: the threads that pack.
    ///   - readRow: writes the row whose index it gets in the precision that it gets; called
    ///     from several threads, by each for consecutive rows.
    package init(
        outputs: Int, inputs: Int, precision: WeightPrecision, team: ThreadTeam,
        readRow: (Int, FloatPrecision, UnsafeMutableRawPointer) -> Void
    ) {
        self.outputs = outputs
        self.inputs = inputs
        self.precision = precision.fitting(inputs: inputs)
        if let form = QuantizedForm(self.precision) {
            let part = QuantizedStorage(outputs: outputs, inputs: inputs, form: form, team: team) { row, target in
                readRow(row, .float32, target)
            }
            storage = .quantized([part])
        } else {
            let floats = self.precision.floats
            storage = .floats(
                PanelStorage(outputs: outputs, inputs: inputs, precision: floats, team: team) { row, target in
                    readRow(row, floats, target)
                })
        }
    }

    /// A matrix whose outputs are those of some packed parts, one after the other; they agree in form and inputs.
    package init(_ parts: [QuantizedStorage]) {
        outputs = parts.reduce(0) { $0 + $1.outputs }
        inputs = parts[0].inputs
        precision = parts[0].form.precision
        storage = .quantized(parts)
    }

    /// The packed weights and their scales; valid while the matrix lives.
    package var bytes: [UnsafeRawBufferPointer] {
        switch storage {
        case .floats(let storage): [storage.bytes]
        case .quantized(let parts): parts.flatMap(\.bytes)
        }
    }

    /// Writes one row of weights, as an embedding table needs it.
    package func copyRow(_ output: Int, to target: UnsafeMutablePointer<Float>) {
        switch storage {
        case .floats(let storage): storage.unpack(output: output, to: target)
        case .quantized(let parts):
            var output = output
            for part in parts {
                if output < part.outputs { return part.unpack(output: output, to: target) }
                output -= part.outputs
            }
        }
    }

    /// Multiplies rows of inputs with the matrix.
    ///
    /// A result depends on its own row alone: its bits are the same for one row and for many, for one thread and for
    /// many. With `blas`, long batches take `cblas_sgemm`, which promises no such thing.
    /// - Parameters:
    ///   - input: `rows` × `inputStride` floats.
    ///   - output: `rows` × `outputStride` floats.
    package func multiply(
        _ input: UnsafePointer<Float>, inputStride: Int, rows: Int,
        into output: UnsafeMutablePointer<Float>, outputStride: Int, arithmetic: Arithmetic
    ) {
        let rows = Rows(input: input, inputStride: inputStride, count: rows, output: output, outputStride: outputStride)
        guard let meter = arithmetic.meter else { return multiply(rows, arithmetic) }
        meter.measure(self, rows: rows.count, arithmetic.mode.activations) { multiply(rows, arithmetic) }
    }

    private func multiply(_ rows: Rows, _ arithmetic: Arithmetic) {
        switch storage {
        case .quantized(let parts): multiply(rows, parts, arithmetic)
        case .floats(let storage):
            if precision == .bfloat16, arithmetic.mode.activations == .bfloat16 {
                multiplyRounded(rows, storage, arithmetic)
            } else if rows.count >= BLAS.fewestRows, let blas = arithmetic.blas {
                multiply(rows, storage, blas: blas, team: arithmetic.team)
            } else {
                let kernels = arithmetic.kernels
                multiply(
                    rows.input, stride: rows.inputStride, rows, storage, arithmetic.team,
                    precision == .float32 ? kernels.multiply_float32 : kernels.multiply_bfloat16)
            }
        }
    }

    /// Rows that a product reads and writes.
    private struct Rows {
        let input: UnsafePointer<Float>
        let inputStride: Int
        let count: Int
        let output: UnsafeMutablePointer<Float>
        let outputStride: Int
    }

    /// Below this many multiplications a second thread costs more than it saves.
    private func panelsAtLeast(_ rows: Int) -> Int { 1 + 65_536 / max(1, rows * inputs * 16) }

    /// Multiplies rows as the kernel takes them.
    private func multiply(
        _ input: UnsafeRawPointer, stride: Int, _ rows: Rows, _ storage: PanelStorage, _ team: ThreadTeam,
        _ kernel: @escaping @convention(c) (UnsafePointer<PanelProduct>) -> Void
    ) {
        let whole = PanelProduct(
            input: input, input_stride: stride, rows: rows.count, panels: storage.memory, width: inputs,
            first_panel: 0, panel_count: storage.panelCount, outputs: outputs, output: rows.output,
            output_stride: rows.outputStride)
        nonisolated(unsafe) let product = whole
        team.share(storage.panelCount, atLeast: panelsAtLeast(rows.count), grain: 4) { panels in
            var part = product
            part.first_panel = panels.lowerBound
            part.panel_count = panels.count
            kernel(&part)
        }
    }

    /// The same with rows that are rounded to bfloat16 first.
    private func multiplyRounded(_ rows: Rows, _ storage: PanelStorage, _ arithmetic: Arithmetic) {
        arithmetic.roundedRows.withBFloat16(
            rows.input, stride: rows.inputStride, rows: rows.count, width: inputs, arithmetic
        ) { input in
            multiply(
                input, stride: inputs, rows, storage, arithmetic.team, arithmetic.kernels.multiply_rounded)
        }
    }

    /// The same with quantised weights: rows are rounded first.
    private func multiply(_ rows: Rows, _ parts: [QuantizedStorage], _ arithmetic: Arithmetic) {
        let form = parts[0].form
        let kernel = form == .int8 ? arithmetic.kernels.multiply_int8 : arithmetic.kernels.multiply_int4
        arithmetic.roundedRows.withBytes(
            rows.input, stride: rows.inputStride, rows: rows.count, groups: parts[0].groups, offset: form.offset,
            arithmetic
        ) { bytes, scales, starts in
            nonisolated(unsafe) let (bytes, scales, starts, rows) = (bytes, scales, starts, rows)
            let panelCount = parts.reduce(0) { $0 + $1.panelCount }
            arithmetic.team.share(panelCount, atLeast: panelsAtLeast(rows.count), grain: 2) { panels in
                var (firstPanel, output) = (0, rows.output)
                for part in parts {
                    let own = panels.clamped(to: firstPanel..<firstPanel + part.panelCount)
                    if !own.isEmpty {
                        var product = QuantizedProduct(
                            input: bytes, input_scales: scales, input_starts: starts, rows: rows.count,
                            groups: part.groups, panels: part.panels, scales: part.scales,
                            first_panel: own.lowerBound - firstPanel, panel_count: own.count, outputs: part.outputs,
                            output: output, output_stride: rows.outputStride)
                        kernel(&product)
                    }
                    firstPanel += part.panelCount
                    output += part.outputs
                }
            }
        }
    }

    /// The same by `cblas_sgemm`: groups of panels are unpacked into a row-major block that all rows then share.
    private func multiply(_ rows: Rows, _ storage: PanelStorage, blas: BLAS, team: ThreadTeam) {
        nonisolated(unsafe) let (input, output) = (rows.input, rows.output)
        let (count, inputStride, outputStride) = (rows.count, rows.inputStride, rows.outputStride)
        team.split(storage.panelCount, atLeast: 1) { panels in
            let block = FloatBuffer(count: min(panels.count, BLAS.blockPanels) * 16 * inputs)
            for first in stride(from: panels.lowerBound, to: panels.upperBound, by: BLAS.blockPanels) {
                let outputs = first * 16..<min(min(first + BLAS.blockPanels, panels.upperBound) * 16, self.outputs)
                for output in outputs {
                    storage.unpack(output: output, to: block.floats + (output - outputs.lowerBound) * inputs)
                }
                blas.multiply(
                    input, inputStride: inputStride, rows: count, weights: block.floats, outputs: outputs.count,
                    inputs: inputs, into: output + outputs.lowerBound, outputStride: outputStride)
            }
        }
    }
}
