internal import JSON

extension ModelConfiguration {
    /// Mistral: as Llama without biases, and with a window on all layers unless the configuration says null.
    mutating func applyMistral(_ file: ConfigurationFile) throws(LoadError) {
        guard file.json["sliding_window"] != .null else { return }
        let tokens = try file.integer("sliding_window", in: 1...RotaryPositions.longestContext, fallback: 4_096)
        slidingWindow = SlidingWindow(tokens: tokens, layers: Set(0..<layers))
    }
}
