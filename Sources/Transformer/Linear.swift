internal import CPUFeatures
internal import Compute

/// A linear layer: weights, and a bias where the family has one.
struct Linear: Sendable {
    private let weights: Matrix
    private let bias: FloatBuffer?

    /// Reads `<name>.weight`, and `<name>.bias` if asked, of each part; the parts' outputs follow each other.
    init(_ parts: [WeightReader.Part], inputs: Int, hasBias: Bool, _ reader: WeightReader) throws(LoadError) {
        weights = try reader.matrix(
            parts.map { .init(name: $0.name + ".weight", outputs: $0.outputs) }, inputs: inputs)
        bias =
            hasBias
            ? try reader.vector(parts.map { .init(name: $0.name + ".bias", outputs: $0.outputs) }) : nil
    }

    /// output[r] = weights · input[r] + bias, for every row of the pass unless `rows` says otherwise.
    func apply(
        _ input: UnsafePointer<Float>, stride inputStride: Int, into output: UnsafeMutablePointer<Float>,
        stride outputStride: Int, rows: Int? = nil, _ pass: ForwardPass
    ) {
        let rows = rows ?? pass.rows
        weights.multiply(
            input, inputStride: inputStride, rows: rows, into: output, outputStride: outputStride,
            arithmetic: pass.arithmetic)
        guard let bias else { return }
        for row in 0..<rows { pass.arithmetic.kernels.add(output + row * outputStride, bias.floats, bias.count) }
    }
}
