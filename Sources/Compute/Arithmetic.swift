package import CPUFeatures

/// What a forward pass computes with: kernels, threads, and BLAS where it is wanted and found.
public struct Arithmetic: Sendable {
    /// The chosen instruction set.
    package let instructionSet: InstructionSet
    /// Its kernels.
    package let kernels: KernelTable
    /// The threads that share the work.
    package let team: ThreadTeam
    /// What numbers may be traded for, as it is done: where no BLAS library is found, prompts are computed exactly.
    public let mode: NumericMode
    /// `cblas_sgemm` for long batches; nil for exact ones.
    package let blas: BLAS?
    /// What measures the parts of passes; nil where nobody asks.
    package let meter: PassMeter?
    /// Working memory of products that round their rows.
    let roundedRows = RoundedRows()

    /// - Parameters:
    ///   - instructionSet: whose kernels to use; it must be supported here.
    ///   - team: the threads to share the work among.
    ///   - mode: what numbers may be traded for; `PrefillMode.blas` falls back to `exact` where no BLAS library is found.
    public init(
        instructionSet: InstructionSet = .current, team: ThreadTeam, mode: NumericMode = .init()
    ) {
        self.init(instructionSet: instructionSet, team: team, mode: mode, meter: nil)
    }

    /// The same, with something that measures the parts of passes.
    package init(
        instructionSet: InstructionSet = .current, team: ThreadTeam, mode: NumericMode, meter: PassMeter?
    ) {
        precondition(InstructionSet.supported.contains(instructionSet), "\(instructionSet) does not run here")
        self.instructionSet = instructionSet
        kernels = instructionSet.kernels
        self.team = team
        self.meter = meter
        blas = mode.prefill == .blas ? BLAS.shared : nil
        var mode = mode
        if blas == nil { mode.prefill = .exact }
        self.mode = mode
    }
}

extension KernelTable: @unchecked @retroactive Sendable {}
