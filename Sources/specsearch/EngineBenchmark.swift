import CacheTree
import Compute
import Decoding
import Transformer

/// How fast something was, and how much of its time matrix products took.
struct EngineSpeed {
    /// Tokens of all branches per second.
    let tokensPerSecond: Double
    /// The share of the time that matrix products took, 0 to 1.
    let productShare: Double
    /// Bytes of weights that matrix products read per second.
    let bytesPerSecond: Double
    /// What they multiplied and added per second.
    let operationsPerSecond: Double
    /// How near products are to what the machine can do, 0 to 1: the least time that their bytes and operations take,
    /// over the time that they took.
    let shareOfLimit: Double

    init(tokens: Int, seconds: Double, products: ProductMeter.Reading, limits: MachineLimits) {
        tokensPerSecond = Double(tokens) / seconds
        productShare = products.seconds / seconds
        bytesPerSecond = Double(products.bytes) / products.seconds
        operationsPerSecond = Double(products.operations) / products.seconds
        shareOfLimit = limits.leastSeconds(products) / products.seconds
    }
}

/// Times forward passes of a model over paths in a cache tree.
actor EngineBenchmark {
    private nonisolated let thread: ComputeThread
    /// The most rows in a pass of a prompt.
    private static let rowsPerPass = 512
    private let tree: CacheTree
    private let runner: PassRunner
    private let meter: ProductMeter
    /// What the machine can do at most, measured before anything else.
    nonisolated let limits: MachineLimits

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        _ model: LanguageModel, threads: Int, mode: NumericMode, cacheBytes: Int
    ) throws(DecodingError) {
        meter = ProductMeter()
        let arithmetic = Arithmetic(team: ThreadTeam(threads: threads), mode: mode, meter: meter)
        limits = MachineLimits(arithmetic)
        thread = ComputeThread(arithmetic)
        do {
            tree = try CacheTree(
                models: [model.configuration.pageLayout(mode.cache)], budget: CacheBudget(bytes: cacheBytes))
        } catch { throw .memory(error) }
        runner = PassRunner(model, number: 0, tree: tree, thread: thread)
    }

    /// Runs a short pass, so that weights are mapped and memory is there.
    func warmUp() async throws(DecodingError) { _ = try await promptSpeed(tokens: 16) }

    /// The speed of reading a prompt up to the logits of its last token.
    func promptSpeed(tokens: Int) async throws(DecodingError) -> EngineSpeed {
        let node = prompt(tokens)
        defer { tree.release(node) }
        return try await speed(tokens: tokens) { () throws(DecodingError) in
            _ = try await runner.compute([node], outputs: 1, rowsPerPass: Self.rowsPerPass)
        }
    }

    /// The speed of branches together that share a prompt and write one token each in every pass.
    func decodeSpeed(branches: Int, context: Int, tokens: Int) async throws(DecodingError) -> EngineSpeed {
        let shared = prompt(context)
        _ = try await runner.compute([shared], outputs: 1, rowsPerPass: Self.rowsPerPass)
        let paths = (0..<branches).map { _ in tree.fork(shared) }
        tree.release(shared)
        defer { for path in paths { tree.release(path) } }
        func write(_ step: Int) async throws(DecodingError) {
            for (branch, path) in paths.enumerated() { tree.append([token(branch * 7919 + step * 104_729)], to: path) }
            _ = try await runner.compute(paths, outputs: 1, rowsPerPass: max(branches, Self.rowsPerPass))
        }
        try await write(0)
        return try await speed(tokens: branches * tokens) { () throws(DecodingError) in
            for step in 1...tokens { try await write(step) }
        }
    }

    private func prompt(_ tokens: Int) -> NodeID {
        let node = tree.fork(tree.root)
        tree.append((0..<tokens).map { token($0 * 31 + 17) }, to: node)
        return node
    }

    private func token(_ number: Int) -> Int32 {
        Int32(number % runner.model.configuration.vocabularySize)
    }

    private func speed(
        tokens: Int, _ body: () async throws(DecodingError) -> Void
    ) async throws(DecodingError) -> EngineSpeed {
        meter.reset()
        let clock = ContinuousClock()
        let start = clock.now
        try await body()
        let seconds = (clock.now - start) / .seconds(1)
        return EngineSpeed(tokens: tokens, seconds: seconds, products: meter.reading, limits: limits)
    }
}
