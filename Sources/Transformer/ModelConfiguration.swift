public import Compute

/// What a checkpoint's `config.json` says about the model: everything that changes numbers.
public struct ModelConfiguration: Sendable, Hashable {
    /// Model families that this package knows.
    public enum Family: String, Sendable, Hashable, CaseIterable {
        /// Llama 1 to 3.3 and what shares its architecture (Touvron et al., 2023; Grattafiori et al., 2024).
        case llama
        /// Mistral 7B (Jiang et al., 2023).
        case mistral
        /// Qwen2 and Qwen2.5 (Yang et al., 2024).
        case qwen2
        /// Qwen2-MoE: Qwen1.5-MoE and Qwen2-57B-A14B (Yang et al., 2024).
        case qwen2MoE
        /// Qwen3, dense (Yang et al., 2025).
        case qwen3
        /// Qwen3-MoE (Yang et al., 2025).
        case qwen3MoE
    }

    /// What the model gives for a row.
    public enum Head: Sendable, Hashable {
        /// Logits over the vocabulary.
        case vocabulary
        /// Two logits, "bad" and "good", through a hidden layer: process reward models in the form of
        /// Qwen2.5-Math-PRM (Zhang et al., 2025).
        case stepClasses
        /// One number, of which the logistic function is the probability of "good": process reward models in the form of
        /// Skywork-o1-Open-PRM (Skywork, 2024).
        case value
        /// Logits of some tokens only, in this order: causal models that judge with one of two tokens, as Math-Shepherd
        /// (Wang et al., 2024) does.
        case tokens([Int32])
    }

    /// The family.
    public var family: Family
    /// What the model gives for a row.
    public var head: Head
    /// Elements of a hidden state.
    public var width: Int
    /// Transformer blocks.
    public var layers: Int
    /// Heads of queries.
    public var heads: Int
    /// Heads of keys and values, a divisor of `heads`; each serves `heads / keyValueHeads` heads of queries.
    public var keyValueHeads: Int
    /// Elements of one head, an even number.
    public var headSize: Int
    /// Elements between the two layers of a feed-forward network.
    public var feedForwardWidth: Int
    /// Rows of the embedding table.
    public var vocabularySize: Int
    /// The longest path, in tokens, that the model was made for.
    public var contextLength: Int
    /// Added to the mean of squares in every norm.
    public var normEpsilon: Float
    /// The angles of rotary positions.
    public var rotary: RotaryPositions
    /// Whether the output layer is the embedding table.
    public var tiesOutput: Bool
    /// Whether queries, keys and values have biases.
    public var hasQueryKeyValueBias: Bool
    /// Whether the layer behind attention has a bias.
    public var hasAttentionOutputBias: Bool
    /// Whether the feed-forward layers have biases.
    public var hasFeedForwardBias: Bool
    /// Whether each head of queries and keys is normed before it is turned.
    public var hasQueryKeyNorm: Bool
    /// The window of attention; nil if all layers see everything.
    public var slidingWindow: SlidingWindow?
    /// The experts of a mixture; nil if every layer has one network.
    public var experts: ExpertConfiguration?
    /// Tokens that end a text, from `config.json` and `generation_config.json`.
    public var endTokens: [Int32]

    /// How the model's makers sample from it, from `generation_config.json`; nil if they say nothing.
    public var suggestedSampling: SuggestedSampling?

    /// What `convert` quantised the weights to; nil if they are floats.
    public var quantization: WeightPrecision?

    /// Elements of what the model gives for a row.
    public var outputWidth: Int {
        switch head {
        case .vocabulary: vocabularySize
        case .stepClasses: 2
        case .value: 1
        case .tokens(let tokens): tokens.count
        }
    }

    /// Elements between the two layers of the widest network.
    var largestInnerWidth: Int {
        guard let experts else { return feedForwardWidth }
        let plain = (0..<layers).allSatisfy(experts.has) ? 0 : feedForwardWidth
        return max(plain, experts.innerWidth, experts.sharedInnerWidth ?? 0)
    }

    /// Lets a causal model give the logits of some tokens only.
    ///
    /// - Throws: `LoadError.outputTokens` if it is none, or has no such tokens.
    mutating func restrictOutputs(to tokens: [Int32]) throws(LoadError) {
        guard head == .vocabulary, !tokens.isEmpty, tokens.allSatisfy({ 0..<vocabularySize ~= Int($0) }) else {
            throw .outputTokens(
                found: tokens,
                expected: head == .vocabulary ? "ids below \(vocabularySize)" : "none, since it is no causal model")
        }
        head = .tokens(tokens)
    }

    /// How a page of this model's KV memory is laid out in some precision.
    public func pageLayout(_ precision: CachePrecision = .float32) -> PageLayout {
        PageLayout(layers: layers, keyValueHeads: keyValueHeads, headSize: headSize, precision: precision)
    }
}
