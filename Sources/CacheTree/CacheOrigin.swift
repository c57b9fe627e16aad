public import Compute
internal import Transformer

/// What keys and values were computed with: others give other bits, so saved ones are of use there alone.
public struct CacheOrigin: Sendable, Hashable {
    /// The instruction set of the kernels.
    public let kernels: InstructionSet
    /// What exact numbers were traded for.
    public let mode: NumericMode
    /// The fingerprints of the models.
    public let models: [UInt64]

    /// - Parameters: the values of the properties, in their order.
    public init(kernels: InstructionSet, mode: NumericMode, models: [UInt64]) {
        self.kernels = kernels
        self.mode = mode
        self.models = models
    }

    /// The metadata of a cache file: what each is called there, and its value.
    var metadata: [(name: String, value: String)] {
        [
            ("format", "specsearch cache 1"), ("kernels", kernels.rawValue), ("prefill", mode.prefill.rawValue),
            ("activations", mode.activations.rawValue), ("cache", mode.cache.rawValue),
            ("pageTokens", "\(PageLayout.tokens)"),
            ("models", models.map { String($0, radix: 16) }.joined(separator: " ")),
        ]
    }
}
