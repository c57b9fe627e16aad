internal import Compute

/// One transformer block: attention and feed-forward network, each behind a norm and added to the hidden state.
struct TransformerBlock: Sendable {
    let attention: AttentionLayer
    let feedForward: FeedForward

    init(_ configuration: ModelConfiguration, layer: Int, _ reader: WeightReader) throws(LoadError) {
        let prefix = "model.layers.\(layer)."
        attention = try AttentionLayer(configuration, layer: layer, prefix: prefix, reader)
        feedForward = try FeedForward(configuration, layer: layer, prefix: prefix, reader)
    }

    /// hidden += attention(norm(hidden)); hidden += feedForward(norm(hidden)).
    func apply(_ pass: ForwardPass) {
        attention.apply(pass)
        feedForward.apply(pass)
    }
}
