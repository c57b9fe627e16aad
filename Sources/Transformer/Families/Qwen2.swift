extension ModelConfiguration {
    /// Qwen2: queries, keys and values always have biases, the other layers never.
    mutating func applyQwen2() {
        hasQueryKeyValueBias = true
    }
}
