package import CPUFeatures

/// How products are computed for long batches of rows.
public enum PrefillMode: String, Sendable, Hashable, CaseIterable {
    /// By the kernels that serve single rows too: bits do not depend on how a prompt is cut. The default.
    case exact
    /// By `cblas_sgemm` for 64 rows and more, where it is found: faster for long prompts, within float rounding of
    /// `exact`, but without bit equality between chunkings.
    case blas
}

/// What a forward pass computes with: kernels, threads, and BLAS where it is wanted and found.
public struct Arithmetic: Sendable {
    /// The kernels of the chosen instruction set.
    package let kernels: KernelTable
    /// The threads that share the work.
    package let team: ThreadTeam
    /// `cblas_sgemm` for long batches; nil for exact ones.
    package let blas: BLAS?
    /// What measures products; nil where nobody asks.
    package let meter: ProductMeter?
    /// Working memory of products with quantised weights.
    let quantizedRows = QuantizedRows()

    /// - Parameters:
    ///   - instructionSet: whose kernels to use; it must be supported here.
    ///   - team: the threads to share the work among.
    ///   - prefill: how to compute long batches; `blas` falls back to `exact` where no BLAS library is found.
    public init(
        instructionSet: InstructionSet = .current, team: ThreadTeam, prefill: PrefillMode = .exact
    ) {
        self.init(instructionSet: instructionSet, team: team, prefill: prefill, meter: nil)
    }

    /// The same, with something that measures products.
    package init(
        instructionSet: InstructionSet = .current, team: ThreadTeam, prefill: PrefillMode, meter: ProductMeter?
    ) {
        precondition(InstructionSet.supported.contains(instructionSet), "\(instructionSet) does not run here")
        kernels = instructionSet.kernels
        self.team = team
        self.meter = meter
        blas = prefill == .blas ? BLAS.shared : nil
    }
}

extension KernelTable: @unchecked @retroactive Sendable {}
