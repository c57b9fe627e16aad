extension ModelConfiguration {
    /// Qwen2: queries, keys and values always have biases, the other layers never.
    mutating func applyQwen2(_ file: ConfigurationFile) throws(LoadError) {
        hasQueryKeyValueBias = true
        slidingWindow = try .qwen(file, layers: layers) { layer, most in layer >= most }
    }
}
