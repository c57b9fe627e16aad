internal import CPUFeatures
internal import Compute

/// The gated feed-forward network of a block: down(SiLU(gate(x)) · up(x)) (Shazeer, 2020).
struct FeedForward: Sendable {
    private let norm: FloatBuffer
    private let gateUp: Linear
    private let down: Linear
    private let width: Int
    private let innerWidth: Int
    private let epsilon: Float

    init(_ configuration: ModelConfiguration, prefix: String, _ reader: WeightReader) throws(LoadError) {
        width = configuration.width
        innerWidth = configuration.feedForwardWidth
        epsilon = configuration.normEpsilon
        norm = try reader.vector(prefix + "post_attention_layernorm.weight", count: width)
        let hasBias = configuration.hasFeedForwardBias
        gateUp = try Linear(
            [
                .init(name: prefix + "mlp.gate_proj", outputs: innerWidth),
                .init(name: prefix + "mlp.up_proj", outputs: innerWidth),
            ], inputs: width, hasBias: hasBias, reader)
        down = try Linear(
            [.init(name: prefix + "mlp.down_proj", outputs: width)], inputs: innerWidth, hasBias: hasBias, reader)
    }

    /// Adds the network's result to every hidden state of the pass.
    func apply(_ pass: ForwardPass) {
        pass.normalize(weight: norm, epsilon: epsilon)
        let inner = pass.buffers.inner
        let stride = 2 * innerWidth
        gateUp.apply(pass.buffers.normed, stride: width, into: inner, stride: stride, pass)
        let kernels = pass.arithmetic.kernels
        pass.forEachRow(work: 8 * innerWidth) { row in
            kernels.gate(inner + row * stride, inner + row * stride + innerWidth, innerWidth)
        }
        down.apply(inner, stride: stride, into: pass.buffers.normed, stride: width, pass)
        pass.addToHidden(pass.buffers.normed)
    }
}
