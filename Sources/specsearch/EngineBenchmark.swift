import CacheTree
import Compute
import Decoding
import Transformer

/// How fast something was, and what its parts did.
struct EngineSpeed {
    /// Tokens of all branches per second.
    let tokensPerSecond: Double
    /// The forward passes in which they were computed.
    let passes: Int
    /// Bytes of keys and values that a pass cannot do without, on average.
    let cacheBytes: Int
    /// Matrix products.
    let products: Part
    /// Attention.
    let attention: Part

    /// A part of the passes.
    struct Part {
        /// Its share of the time, 0 to 1.
        let share: Double
        /// Bytes that it read, over all passes.
        let bytes: Int
        /// Bytes that it read per second.
        let bytesPerSecond: Double
        /// Multiplications and additions per second.
        let operationsPerSecond: Double
        /// How near it is to what the machine can do, 0 to 1: the least time that its bytes and operations take, over the
        /// time that it took.
        let shareOfLimit: Double

        init(_ work: PassMeter.Work, of seconds: Double, limits: MachineLimits) {
            share = work.seconds / seconds
            bytes = work.bytes
            bytesPerSecond = Double(work.bytes) / work.seconds
            operationsPerSecond = Double(work.operations) / work.seconds
            shareOfLimit = limits.leastSeconds(work) / work.seconds
        }
    }
}

/// Times forward passes of a model over paths in a cache tree.
actor EngineBenchmark {
    private nonisolated let thread: ComputeThread
    /// The most rows in a pass of a prompt.
    private static let rowsPerPass = 512
    private let tree: CacheTree
    private let runner: PassRunner
    private let meter: PassMeter
    /// What the machine can do at most, measured before anything else.
    nonisolated let limits: MachineLimits

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        _ model: LanguageModel, threads: Int, mode: NumericMode, cacheBytes: Int
    ) throws(DecodingError) {
        meter = PassMeter()
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
        let passes = (tokens + Self.rowsPerPass - 1) / Self.rowsPerPass
        return try await speed(tokens: tokens, passes: passes) { () throws(DecodingError) in
            _ = try await runner.compute([(node, 1)], rowsPerPass: Self.rowsPerPass) { _, _ in }
        }
    }

    /// The speed of branches together that continue a prompt and write one token each in every pass.
    ///
    /// - Parameter isShared: whether they share the prompt's keys and values, or each has its own.
    func decodeSpeed(
        branches: Int, context: Int, tokens: Int, isShared: Bool
    ) async throws(DecodingError) -> EngineSpeed {
        let prompts = (0..<(isShared ? 1 : branches)).map { _ in prompt(context) }
        for prompt in prompts {
            _ = try await runner.compute([(prompt, 1)], rowsPerPass: Self.rowsPerPass) { _, _ in }
        }
        let paths = (0..<branches).map { tree.fork(prompts[$0 % prompts.count]) }
        for prompt in prompts { tree.release(prompt) }
        defer { for path in paths { tree.release(path) } }
        func write(_ step: Int) async throws(DecodingError) {
            for (branch, path) in paths.enumerated() { tree.append([token(branch * 7919 + step * 104_729)], to: path) }
            _ = try await runner.compute(
                paths.map { ($0, 1) }, rowsPerPass: max(branches, Self.rowsPerPass)
            ) { _, _ in }
        }
        try await write(0)
        return try await speed(tokens: branches * tokens, passes: tokens) { () throws(DecodingError) in
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
        tokens: Int, passes: Int, _ body: () async throws(DecodingError) -> Void
    ) async throws(DecodingError) -> EngineSpeed {
        meter.reset()
        let clock = ContinuousClock()
        let start = clock.now
        try await body()
        let seconds = (clock.now - start) / .seconds(1)
        let before = (passes - 1) * (tokens / passes) * tree.memory(of: 0).layout.bytesPerToken / 2
        return EngineSpeed(
            tokensPerSecond: Double(tokens) / seconds, passes: passes,
            cacheBytes: tree.statistics(of: 0).uniqueBytes - before,
            products: .init(meter.products, of: seconds, limits: limits),
            attention: .init(meter.attention, of: seconds, limits: limits))
    }
}
