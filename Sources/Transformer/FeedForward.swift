internal import Compute

/// The feed-forward part of a block, behind its norm: one network, or experts of which each row takes a few.
struct FeedForward: Sendable {
    private enum Kind: Sendable {
        case network(GatedNetwork)
        case experts(ExpertNetworks)
    }

    private let norm: FloatBuffer
    private let kind: Kind
    private let epsilon: Float

    init(
        _ configuration: ModelConfiguration, layer: Int, prefix: String, _ reader: WeightReader
    ) throws(LoadError) {
        epsilon = configuration.normEpsilon
        norm = try reader.vector(prefix + "post_attention_layernorm.weight", count: configuration.width)
        if let experts = configuration.experts, experts.has(layer: layer) {
            kind = .experts(try ExpertNetworks(configuration, experts, prefix: prefix + "mlp.", reader))
        } else {
            kind = .network(
                try GatedNetwork(
                    prefix: prefix + "mlp.", width: configuration.width, innerWidth: configuration.feedForwardWidth,
                    hasBias: configuration.hasFeedForwardBias, reader))
        }
    }

    /// Adds the result to every hidden state of the pass.
    func apply(_ pass: ForwardPass) {
        pass.normalize(weight: norm, epsilon: epsilon)
        switch kind {
        case .network(let network):
            network.apply(pass.buffers.normed, rows: pass.rows, into: pass.buffers.normed, pass)
            pass.addToHidden(pass.buffers.normed)
        case .experts(let experts):
            experts.apply(pass)
            pass.addToHidden(pass.buffers.mixed)
        }
    }
}
