extension ModelConfiguration {
    /// Qwen3: each head of queries and keys is normed; biases only where the configuration asks for them.
    mutating func applyQwen3(_ file: ConfigurationFile) throws(LoadError) {
        hasQueryKeyNorm = true
        hasQueryKeyValueBias = try file.boolean("attention_bias", fallback: false)
        hasAttentionOutputBias = hasQueryKeyValueBias
        slidingWindow = try .qwen(file, layers: layers) { layer, most in layer >= most }
    }
}
