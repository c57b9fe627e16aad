extension ModelConfiguration {
    /// Qwen2-MoE: as Qwen2, with experts and a shared one; its configuration can leave the biases out.
    mutating func applyQwen2MoE(_ file: ConfigurationFile) throws(LoadError) {
        hasQueryKeyValueBias = try file.boolean("qkv_bias", fallback: true)
        slidingWindow = try .qwen(file, layers: layers) { layer, most in layer % 2 == 0 && layer < most }
        experts = try ExpertConfiguration(file, hasSharedExpert: true)
    }
}
