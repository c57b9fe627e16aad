internal import CPUFeatures

/// How weights are kept in memory.
public enum WeightPrecision: String, Sendable, Hashable, CaseIterable {
    /// 32-bit floats.
    case float32 = "f32"
    /// The upper half of a 32-bit float.
    case bfloat16 = "bf16"
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
    private let storage: PanelStorage

    /// Packs row-major weights.
    ///
    /// - Parameters:
    ///   - outputs: rows of the matrix, at least 1.
    ///   - inputs: columns of the matrix, at least 1.
    ///   - precision: how to keep the weights; bfloat16 with an odd number of inputs is kept in 32 bits.
    ///   - team: the threads that pack.
    ///   - readRow: writes the row whose index it gets in the precision that it gets; called from several threads, by each
    ///     for consecutive rows.
    package init(
        outputs: Int, inputs: Int, precision: WeightPrecision, team: ThreadTeam,
        readRow: (Int, WeightPrecision, UnsafeMutableRawPointer) -> Void
    ) {
        self.outputs = outputs
        self.inputs = inputs
        self.precision = inputs % 2 == 0 ? precision : .float32
        storage = PanelStorage(outputs: outputs, inputs: inputs, precision: self.precision)
        withoutActuallyEscaping(readRow) { [storage, precision = self.precision] readRow in
            nonisolated(unsafe) let readRow = readRow
            team.split(storage.panelCount, atLeast: 4) { panels in
                let rows = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * storage.words)
                defer { rows.deallocate() }
                for panel in panels {
                    let count = min(16, outputs - panel * 16)
                    for row in 0..<count { readRow(panel * 16 + row, precision, rows + row * storage.words) }
                    storage.pack(rows, panel: panel, outputs: count)
                }
            }
        }
    }

    /// Writes one row of weights, as an embedding table needs it.
    package func copyRow(_ output: Int, to target: UnsafeMutablePointer<Float>) {
        storage.unpack(output: output, to: target)
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
        if rows >= BLAS.fewestRows, let blas = arithmetic.blas {
            multiply(
                input, inputStride: inputStride, rows: rows, into: output, outputStride: outputStride,
                blas: blas, team: arithmetic.team)
            return
        }
        let kernel =
            precision == .float32 ? arithmetic.kernels.multiply_float32 : arithmetic.kernels.multiply_bfloat16
        // Below this many multiplications a second thread costs more than it saves.
        let panelsAtLeast = 1 + 65_536 / max(1, rows * inputs * 16)
        let whole = PanelProduct(
            input: input, input_stride: inputStride, rows: rows, panels: storage.memory, width: inputs,
            first_panel: 0, panel_count: storage.panelCount, outputs: outputs, output: output,
            output_stride: outputStride)
        nonisolated(unsafe) let product = whole
        arithmetic.team.split(storage.panelCount, atLeast: panelsAtLeast) { panels in
            var part = product
            part.first_panel = panels.lowerBound
            part.panel_count = panels.count
            kernel(&part)
        }
    }

    /// The same by `cblas_sgemm`: groups of panels are unpacked into a row-major block that all rows then share.
    private func multiply(
        _ input: UnsafePointer<Float>, inputStride: Int, rows: Int,
        into output: UnsafeMutablePointer<Float>, outputStride: Int, blas: BLAS, team: ThreadTeam
    ) {
        nonisolated(unsafe) let (input, output) = (input, output)
        team.split(storage.panelCount, atLeast: 1) { panels in
            let block = FloatBuffer(count: min(panels.count, BLAS.blockPanels) * 16 * inputs)
            for first in stride(from: panels.lowerBound, to: panels.upperBound, by: BLAS.blockPanels) {
                let outputs = first * 16..<min(min(first + BLAS.blockPanels, panels.upperBound) * 16, self.outputs)
                for output in outputs {
                    storage.unpack(output: output, to: block.floats + (output - outputs.lowerBound) * inputs)
                }
                blas.multiply(
                    input, inputStride: inputStride, rows: rows, weights: block.floats, outputs: outputs.count,
                    inputs: inputs, into: output + outputs.lowerBound, outputStride: outputStride)
            }
        }
    }
}
