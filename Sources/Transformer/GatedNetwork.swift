internal import CPUFeatures
internal import Compute

/// A gated network of two layers: down(SiLU(gate(x)) · up(x)) (Shazeer, 2020).
struct GatedNetwork: Sendable {
    private let gateUp: Linear
    private let down: Linear
    private let width: Int
    private let innerWidth: Int

    /// Reads `<prefix>gate_proj`, `<prefix>up_proj` and `<prefix>down_proj`.
    init(
        prefix: String, width: Int, innerWidth: Int, hasBias: Bool = false, _ reader: WeightReader
    ) throws(LoadError) {
        self.width = width
        self.innerWidth = innerWidth
        gateUp = try Linear(
            [
                .init(name: prefix + "gate_proj", outputs: innerWidth),
                .init(name: prefix + "up_proj", outputs: innerWidth),
            ], inputs: width, hasBias: hasBias, reader)
        down = try Linear(
            [.init(name: prefix + "down_proj", outputs: width)], inputs: innerWidth, hasBias: hasBias, reader)
    }

    /// output[r] = network(input[r]); both are rows × width, and may be the same memory.
    func apply(
        _ input: UnsafePointer<Float>, rows: Int, into output: UnsafeMutablePointer<Float>, _ pass: ForwardPass
    ) {
        let inner = pass.buffers.inner
        let stride = 2 * innerWidth
        gateUp.apply(input, stride: width, into: inner, stride: stride, rows: rows, pass)
        let kernels = pass.arithmetic.kernels
        pass.forEach(rows, work: 8 * innerWidth) { row in
            kernels.gate(inner + row * stride, inner + row * stride + innerWidth, innerWidth)
        }
        down.apply(inner, stride: stride, into: output, stride: width, rows: rows, pass)
    }
}
