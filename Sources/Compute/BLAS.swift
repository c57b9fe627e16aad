#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// `cblas_sgemm` of OpenBLAS, found when it is first wanted, so that neither building nor running needs it.
public struct BLAS: Sendable {
    /// Fewer rows than this are faster with our own kernels.
    static let fewestRows = 64
    /// Panels that are unpacked at a time.
    static let blockPanels = 32

    /// The library of this machine, or nil where there is none.
    public static let shared: BLAS? = BLAS()

    /// The processor core whose kernels OpenBLAS has chosen, for instance "SkylakeX".
    public let core: String

    // order, transpose A, transpose B, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc
    private typealias SingleProduct =
        @convention(c) (
            Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32,
            Float, UnsafeMutablePointer<Float>, Int32
        ) -> Void
    private let sgemm: SingleProduct

    private init?() {
        BLAS.repairCoreType()
        let names = ["libopenblas.so.0", "libopenblas.so"]
        guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first,
            let product = dlsym(library, "cblas_sgemm"),
            let setThreads = dlsym(library, "openblas_set_num_threads"),
            let coreName = dlsym(library, "openblas_get_corename")
        else { return nil }
        sgemm = unsafeBitCast(product, to: SingleProduct.self)
        // Our own team splits the work; OpenBLAS threads beside it would only compete for the same cores.
        unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self)(1)
        let name = unsafeBitCast(coreName, to: (@convention(c) () -> UnsafePointer<CChar>?).self)()
        core = name.map { String(cString: $0) } ?? "unknown"
    }

    /// Old versions of OpenBLAS do not know newer processors and fall back to SSE3; they read this variable on loading.
    private static func repairCoreType() {
        switch InstructionSet.supported.last {
        case .v4: setenv("OPENBLAS_CORETYPE", "SkylakeX", 0)
        case .v3: setenv("OPENBLAS_CORETYPE", "Haswell", 0)
        default: break
        }
    }

    /// output = input · weightsᵀ for row-major matrices.
    func multiply(
        _ input: UnsafePointer<Float>, inputStride: Int, rows: Int, weights: UnsafePointer<Float>, outputs: Int,
        inputs: Int, into output: UnsafeMutablePointer<Float>, outputStride: Int
    ) {
        let (rowMajor, plain, transposed): (Int32, Int32, Int32) = (101, 111, 112)
        sgemm(
            rowMajor, plain, transposed, Int32(rows), Int32(outputs), Int32(inputs), 1, input, Int32(inputStride),
            weights, Int32(inputs), 0, output, Int32(outputStride))
    }
}
