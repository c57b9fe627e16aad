public import ArgumentParser
public import Compute
import Decoding
public import SpecSearch

/// How to compute: the options that all commands with a model share.
struct ComputeArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Threads; by default one for each processor.", valueName: "count"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            """
            How long prompts are computed: exact, the same bits however they are cut, or blas, faster where OpenBLAS is \
            installed but without that promise.
            """, valueName: "mode"))
    var prefill: PrefillMode = .exact

    @Option(
        help: ArgumentHelp(
            """
            In what precision rows meet weights in bf16: f32, or bf16, which rounds them and is faster for many rows on \
            processors with AVX512_BF16.
            """, valueName: "kind"))
    var activations: ActivationPrecision = .float32

    @Option(
        help: ArgumentHelp(
            """
            In what precision keys and values are kept: f32, bf16, which takes half the memory, or int8, which takes a \
            quarter and a little.
            """, valueName: "kind"))
    var cachePrecision: CachePrecision = .float32

    @Option(
        help: ArgumentHelp(
            """
            The most KV memory, in MiB, of all models together. With less than a search wants, it computes some of it \
            again; with less than one path takes, it ends.
            """, valueName: "MiB"))
    var cacheMemory = 2048

    func validate() throws {
        if let threads, !(1...256).contains(threads) {
            throw ValidationError("--threads is \(threads), expected 1 to 256.")
        }
        guard activations == .float32 || prefill == .exact else {
            throw ValidationError("--prefill blas multiplies in 32 bits: leave out that or --activations bf16.")
        }
        guard (1...1_048_576).contains(cacheMemory) else {
            throw ValidationError("--cache-memory is \(cacheMemory), expected 1 to 1048576 MiB.")
        }
    }

    var configuration: Reasoner.Configuration {
        Reasoner.Configuration(
            threads: threads ?? ThreadTeam.processors, mode: mode,
            limits: Scheduler.Limits(cacheBytes: cacheMemory << 20))
    }

    /// What exact numbers are traded for in fact: `blas` needs a library.
    var mode: NumericMode {
        NumericMode(
            prefill: BLAS.shared == nil ? .exact : prefill, activations: activations, cache: cachePrecision)
    }

    /// Says so if BLAS was asked for and is not there.
    func warn() {
        guard prefill != mode.prefill else { return }
        Terminal.standardError.write(
            "specsearch: no OpenBLAS was found (libopenblas.so.0), so prompts are computed by the exact kernels.\n")
    }

    /// The thread on which models run.
    func thread(_ trace: Trace? = nil) -> ComputeThread {
        ComputeThread(threads: threads ?? ThreadTeam.processors, mode: mode, trace: trace)
    }
}

extension PrefillMode: ExpressibleByArgument {}
extension ActivationPrecision: ExpressibleByArgument {}
extension CachePrecision: ExpressibleByArgument {}
extension SpeculationPolicy: ExpressibleByArgument {}
extension SearchStrategy: ExpressibleByArgument {}
extension Aggregation: ExpressibleByArgument {}
extension Scoring: ExpressibleByArgument {}
extension ThresholdRule: ExpressibleByArgument {}
