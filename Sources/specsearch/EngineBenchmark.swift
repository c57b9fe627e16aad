import CacheTree
import Compute
import Decoding
import Transformer

/// Times forward passes of a model over paths in a cache tree.
actor EngineBenchmark {
    private nonisolated let thread: ComputeThread
    /// The most rows in a pass of a prompt.
    private static let rowsPerPass = 512
    private let tree: CacheTree
    private let runner: PassRunner

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ model: LanguageModel, thread: ComputeThread, cacheBytes: Int) throws(DecodingError) {
        self.thread = thread
        do {
            tree = try CacheTree(models: [model.configuration.pageLayout], budget: CacheBudget(bytes: cacheBytes))
        } catch { throw .memory(error) }
        runner = PassRunner(model, number: 0, tree: tree, thread: thread)
    }

    /// Tokens per second of reading a prompt up to the logits of its last token.
    func promptSpeed(tokens: Int) async throws(DecodingError) -> Double {
        let node = prompt(tokens)
        defer { tree.release(node) }
        return try await speed(tokens: tokens) { () throws(DecodingError) in
            _ = try await runner.compute([node], outputs: 1, rowsPerPass: Self.rowsPerPass)
        }
    }

    /// Tokens per second of branches together that share a prompt and write one token each in every pass.
    func decodeSpeed(branches: Int, context: Int, tokens: Int) async throws(DecodingError) -> Double {
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
    ) async throws(DecodingError) -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await body()
        return Double(tokens) / ((clock.now - start) / .seconds(1))
    }
}
