internal import CPUFeatures

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Instruction sets that this package has kernels for. Bits are promised within one set.
public enum InstructionSet: String, Sendable, Hashable, CaseIterable {
    /// What every processor of the architecture has.
    case baseline
    /// x86-64-v3: AVX2 and FMA.
    case v3
    /// AVX-512 with VNNI.
    case v4
    /// The same with AVX512_BF16.
    case v4BF16 = "v4-bf16"

    /// The sets that this build contains and this processor runs, in ascending order of capability.
    public static let supported: [InstructionSet] = {
        #if WIDE_KERNELS
        let level = Int(cpu_best_level())
        #else
        let level = 0
        #endif
        return allCases.filter { $0.level <= level }
    }()

    /// The set that is used: the best one, unless the environment variable `SPECSEARCH_KERNELS` names another that is
    /// supported.
    public static let current: InstructionSet = {
        let wished = getenv("SPECSEARCH_KERNELS").flatMap { InstructionSet(rawValue: String(cString: $0)) }
        if let wished, supported.contains(wished) { return wished }
        return supported[supported.count - 1]
    }()

    private var level: Int {
        switch self {
        case .baseline: Int(cpu_baseline)
        case .v3: Int(cpu_v3)
        case .v4: Int(cpu_v4)
        case .v4BF16: Int(cpu_v4_bf16)
        }
    }
}
