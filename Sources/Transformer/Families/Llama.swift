extension ModelConfiguration {
    /// Llama: biases only where the configuration asks for them.
    mutating func applyLlama(_ file: ConfigurationFile) throws(LoadError) {
        hasQueryKeyValueBias = try file.boolean("attention_bias", fallback: false)
        hasAttentionOutputBias = hasQueryKeyValueBias
        hasFeedForwardBias = try file.boolean("mlp_bias", fallback: false)
    }
}
