import CacheTree
import Compute
import Decoding
import TestSupport
import Transformer
import XCTest

/// Rung 5 for the cache tree: a branch's bits are those of a fresh path with the same tokens.
final class PassRunnerTests: XCTestCase {
    private func tokens(_ count: Int, seed: UInt64) -> [Int32] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in Int32.random(in: 0..<96, using: &random) }
    }

    private func forEachModel(_ body: (LanguageModel, ComputeThread, String) async throws -> Void) async throws {
        for name in ["llama-scaled", "qwen3-single", "llama-sharded"] {
            let model = try LanguageModel(contentsOf: TinyModels.folder(name))
            for set in InstructionSet.supported {
                try await body(model, ComputeThread(threads: 2, instructionSet: set), "\(name), \(set)")
            }
        }
    }

    func testForkedBranchesMatchFreshPathsBitForBit() async throws {
        try await forEachModel { model, thread, name in
            let tree = try CacheTree(models: [model.configuration.pageLayout()], budget: CacheBudget(bytes: 1 << 28))
            let runner = PassRunner(model, number: 0, tree: tree, thread: thread)
            let prompt = tree.fork(tree.root)
            tree.append(self.tokens(37, seed: 1), to: prompt)
            _ = try await runner.compute([prompt], outputs: 1, rowsPerPass: 64)
            // At the end, inside a page, at a page's border, at the start; twice each, so that pages are shared and copied.
            var branches: [NodeID] = []
            for (number, depth) in [37, 37, 21, 21, 16, 16, 1, 1].enumerated() {
                let branch = tree.fork(prompt, atDepth: depth)
                tree.append(self.tokens(9 + number, seed: UInt64(10 + number)), to: branch)
                branches.append(branch)
            }
            let outputs = try await runner.compute(branches, outputs: 3, rowsPerPass: 64)
            XCTAssertNil(tree.checkInvariants(), name)
            for (branch, found) in zip(branches, outputs) {
                let fresh = PathRunner(model, arithmetic: thread.arithmetic).append(tree.tokens(of: branch))
                XCTAssertEqual(found, Array(fresh.suffix(found.count)), name)
            }
        }
    }

    func testAForgottenSuffixLeavesNoTrace() async throws {
        try await forEachModel { model, thread, name in
            let tree = try CacheTree(models: [model.configuration.pageLayout()], budget: CacheBudget(bytes: 1 << 28))
            let runner = PassRunner(model, number: 0, tree: tree, thread: thread)
            let branch = tree.fork(tree.root)
            tree.append(self.tokens(30, seed: 1), to: branch)
            _ = try await runner.compute([branch], outputs: 1, rowsPerPass: 64)
            tree.truncate(branch, toDepth: 19)
            tree.append(self.tokens(7, seed: 2), to: branch)
            let found = try await runner.compute([branch], outputs: 7, rowsPerPass: 64)[0]
            let fresh = PathRunner(model, arithmetic: thread.arithmetic).append(tree.tokens(of: branch))
            XCTAssertEqual(found, Array(fresh.suffix(found.count)), name)
        }
    }

    func testPromptsLongerThanAPassGiveTheSameBits() async throws {
        try await forEachModel { model, thread, name in
            var results: [[Float]] = []
            for rowsPerPass in [16, 33, 256] {
                let tree = try CacheTree(
                    models: [model.configuration.pageLayout()], budget: CacheBudget(bytes: 1 << 28))
                let runner = PassRunner(model, number: 0, tree: tree, thread: thread)
                let branch = tree.fork(tree.root)
                tree.append(self.tokens(100, seed: 3), to: branch)
                results += try await runner.compute([branch], outputs: 4, rowsPerPass: rowsPerPass)
            }
            XCTAssertEqual(results[0], results[2], name)
            XCTAssertEqual(results[1], results[2], name)
        }
    }
}
