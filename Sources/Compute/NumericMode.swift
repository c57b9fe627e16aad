/// How long batches of rows are multiplied.
public enum PrefillMode: String, Sendable, Hashable, CaseIterable {
    /// By the kernels that serve single rows too: bits do not depend on how a prompt is cut. The default.
    case exact
    /// By `cblas_sgemm` for 64 rows and more, where it is found: faster for long prompts, within float rounding of
    /// `exact`, but without bit equality between chunkings.
    case blas
}

/// In what precision rows meet weights that are kept in bfloat16. Other weights do not ask: those in 32 bits meet 32-bit
/// rows, quantised ones rows in 8 bits.
public enum ActivationPrecision: String, Sendable, Hashable, CaseIterable {
    /// 32-bit floats: nothing is lost. The default.
    case float32 = "f32"
    /// Rounded to bfloat16, as those do that multiply in it. Up to twice as fast for many rows where the processor has
    /// AVX512_BF16, of no use elsewhere.
    case bfloat16 = "bf16"
}

/// In what precision keys and values are kept.
public enum CachePrecision: String, Sendable, Hashable, CaseIterable {
    /// 32-bit floats: nothing is lost. The default.
    case float32 = "f32"
    /// Rounded to the nearest bfloat16: half the memory.
    case bfloat16 = "bf16"
    /// Rounded to 8 bits, with a scale for each token's key and value of each head: a quarter of the memory, and 8 bytes
    /// for each of them.
    case int8

    /// Elements of a head that 32 bits hold.
    package var elementsPerWord: Int {
        switch self {
        case .float32: 1
        case .bfloat16: 2
        case .int8: 4
        }
    }
}

/// What a user may trade exact numbers for; by default nothing. Bits never depend on company in any mode but with
/// `PrefillMode.blas`.
public struct NumericMode: Sendable, Hashable {
    /// How long batches of rows are multiplied.
    public var prefill: PrefillMode
    /// In what precision rows meet weights in bfloat16. If that is bfloat16, `PrefillMode.blas` serves weights in 32 bits
    /// alone, as it knows no other rows.
    public var activations: ActivationPrecision
    /// In what precision keys and values are kept.
    public var cache: CachePrecision

    /// - Parameters: the values of the properties, in their order.
    public init(
        prefill: PrefillMode = .exact, activations: ActivationPrecision = .float32, cache: CachePrecision = .float32
    ) {
        self.prefill = prefill
        self.activations = activations
        self.cache = cache
    }
}
