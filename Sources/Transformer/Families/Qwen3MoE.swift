extension ModelConfiguration {
    /// Qwen3-MoE: as Qwen3, with experts.
    mutating func applyQwen3MoE(_ file: ConfigurationFile) throws(LoadError) {
        try applyQwen3(file)
        if slidingWindow != nil { slidingWindow?.layers = Set(0..<layers) }
        experts = try ExpertConfiguration(file, hasSharedExpert: false)
    }
}
