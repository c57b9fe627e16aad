package import CPUFeatures

/// How products are computed for long batches of rows.
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

/// What a forward pass computes with: kernels, threads, and BLAS where it is wanted and found.
public struct Arithmetic: Sendable {
    /// The chosen instruction set.
    package let instructionSet: InstructionSet
    /// Its kernels.
    package let kernels: KernelTable
    /// The threads that share the work.
    package let team: ThreadTeam
    /// `cblas_sgemm` for long batches; nil for exact ones.
    package let blas: BLAS?
    /// What measures products; nil where nobody asks.
    package let meter: ProductMeter?
    /// In what precision rows meet weights in bfloat16.
    package let activations: ActivationPrecision
    /// Working memory of products that round their rows.
    let roundedRows = RoundedRows()

    /// - Parameters:
    ///   - instructionSet: whose kernels to use; it must be supported here.
    ///   - team: the threads to share the work among.
    ///   - prefill: how to compute long batches; `blas` falls back to `exact` where no BLAS library is found.
    ///   - activations: in what precision rows meet weights in bfloat16. If that is bfloat16, `blas` serves weights in 32
    ///     bits alone, as it knows no other rows.
    public init(
        instructionSet: InstructionSet = .current, team: ThreadTeam, prefill: PrefillMode = .exact,
        activations: ActivationPrecision = .float32
    ) {
        self.init(
            instructionSet: instructionSet, team: team, prefill: prefill, activations: activations, meter: nil)
    }

    /// The same, with something that measures products.
    package init(
        instructionSet: InstructionSet = .current, team: ThreadTeam, prefill: PrefillMode,
        activations: ActivationPrecision, meter: ProductMeter?
    ) {
        precondition(InstructionSet.supported.contains(instructionSet), "\(instructionSet) does not run here")
        self.instructionSet = instructionSet
        kernels = instructionSet.kernels
        self.team = team
        self.activations = activations
        self.meter = meter
        blas = prefill == .blas ? BLAS.shared : nil
    }
}

extension KernelTable: @unchecked @retroactive Sendable {}
