package import CPUFeatures
internal import Kernels

#if WIDE_KERNELS
internal import KernelsV3
internal import KernelsV4
internal import KernelsV4BF16
#endif

extension InstructionSet {
    /// The kernels of this set; those of the baseline where the build has no others.
    package var kernels: KernelTable {
        #if WIDE_KERNELS
        switch self {
        case .baseline: Kernels.KernelSet.table
        case .v3: KernelsV3.KernelSet.table
        case .v4: KernelsV4.KernelSet.table
        case .v4BF16: KernelsV4BF16.KernelSet.table
        }
        #else
        Kernels.KernelSet.table
        #endif
    }
}
