internal import JSON

extension ModelConfiguration {
    /// Llama: biases only where the configuration asks for them.
    mutating func applyLlama(_ file: ConfigurationFile) throws(LoadError) {
        hasQueryKeyValueBias = try file.boolean("attention_bias", fallback: false)
        hasAttentionOutputBias = hasQueryKeyValueBias
        // The family has no windows: transformers does not look at `sliding_window` here.
        if try SlidingWindow.layerTypes(file, layers: layers)?.contains("sliding_attention") == true {
            throw .unsupportedField(
                name: "layer_types", found: "\"sliding_attention\"", supported: "\"full_attention\"")
        }
        try file.refuse("use_sliding_window", unless: [false])
        hasFeedForwardBias = try file.boolean("mlp_bias", fallback: false)
    }
}
