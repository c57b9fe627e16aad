import CacheTree
import TestSupport
import Transformer
import XCTest

/// Nodes, tokens and owners, without KV memory.
final class CacheTreeTests: XCTestCase {
    func testPathReadsTheSameThroughAnyNumberOfForks() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let prompt = traced.branch([1, 2, 3])
        let thought = traced.branch([4, 5], under: prompt)
        let other = traced.branch([6], under: prompt)
        XCTAssertEqual(tree.tokens(of: thought), [1, 2, 3, 4, 5])
        XCTAssertEqual(tree.tokens(of: other), [1, 2, 3, 6])
        XCTAssertEqual(tree.tail(of: other), [6])
        XCTAssertEqual(tree.depth(of: thought), 5)
        XCTAssertEqual(tree.parent(of: thought), prompt)
        XCTAssertEqual(tree.parent(of: prompt), tree.root)
        XCTAssertNil(tree.parent(of: tree.root))
        XCTAssertEqual(tree.nodeCount, 4)
        XCTAssertEqual(tree.liveLeaves, 2)
        assertInvariants(tree)
    }

    func testNodeStaysWhileHeldOrContinuedAndThenDisappearsWithItsAncestors() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let prompt = traced.branch([1])
        let thought = traced.branch([2], under: prompt)
        tree.hold(thought)
        tree.release(prompt)
        XCTAssertTrue(tree.contains(prompt))
        tree.release(thought)
        XCTAssertTrue(tree.contains(thought))
        tree.release(thought)
        XCTAssertFalse(tree.contains(thought))
        XCTAssertFalse(tree.contains(prompt))
        XCTAssertEqual(tree.nodeCount, 1)
        XCTAssertTrue(tree.contains(tree.root))
        assertInvariants(tree)
    }

    func testOldNameDoesNotReachTheNodeThatTookItsPlace() throws {
        let tree = try TracedTree().tree
        let old = tree.fork(tree.root)
        tree.release(old)
        let new = tree.fork(tree.root)
        XCTAssertNotEqual(old, new)
        XCTAssertFalse(tree.contains(old))
        XCTAssertTrue(tree.contains(new))
        XCTAssertEqual(tree.nodeCount, 2)
    }

    func testForkOfAnEmptyForkStandsAtTheSamePlaceAndBothCanGrow() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let prompt = traced.branch([1, 2])
        let first = tree.fork(prompt)
        let second = tree.fork(first)
        tree.append([3], to: first)
        tree.append([4], to: second)
        XCTAssertEqual(tree.parent(of: second), prompt)
        XCTAssertEqual(tree.tokens(of: second), [1, 2, 4])
        tree.release(first)
        XCTAssertEqual(tree.tokens(of: second), [1, 2, 4])
        assertInvariants(tree)
    }

    func testForkInsideANodeSplitsItAndKeepsItsNameForTheLowerPart() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let line = traced.branch(Array(0..<40))
        let fork = tree.fork(line, atDepth: 21)
        tree.append([99], to: fork)
        XCTAssertEqual(tree.tokens(of: line), Array(0..<40))
        XCTAssertEqual(tree.tail(of: line), Array(21..<40))
        XCTAssertEqual(tree.tokens(of: fork), Array(0..<21) + [99])
        XCTAssertEqual(tree.parent(of: fork), tree.parent(of: line))
        assertInvariants(tree)
        tree.append([40], to: line)
        XCTAssertEqual(tree.depth(of: line), 41)
        tree.release(line)
        XCTAssertEqual(tree.tokens(of: fork), Array(0..<21) + [99])
        tree.release(fork)
        XCTAssertEqual(tree.nodeCount, 1)
    }

    func testForkAtADepthBetweenNodesSplitsNothing() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let prompt = traced.branch([1, 2, 3])
        let thought = traced.branch([4, 5], under: prompt)
        XCTAssertEqual(tree.parent(of: tree.fork(thought, atDepth: 3)), prompt)
        XCTAssertEqual(tree.parent(of: tree.fork(thought, atDepth: 5)), thought)
        XCTAssertEqual(tree.parent(of: tree.fork(thought, atDepth: 0)), tree.root)
        XCTAssertEqual(tree.nodeCount, 6)
        XCTAssertEqual(tree.tokens(of: tree.fork(thought, atDepth: 2)), [1, 2])
        XCTAssertEqual(tree.nodeCount, 8)
        assertInvariants(tree)
    }

    func testTruncatedTokensAreForgottenAndCanBeWrittenAnew() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let line = traced.branch([1, 2, 3])
        tree.truncate(line, toDepth: 1)
        tree.append([7], to: line)
        XCTAssertEqual(tree.tokens(of: line), [1, 7])
        tree.truncate(line, toDepth: 0)
        XCTAssertEqual(tree.longestPrefix(of: [1, 7]).depth, 0)
        tree.append([8], to: line)
        XCTAssertEqual(tree.longestPrefix(of: [8]).node, line)
        assertInvariants(tree)
    }

    func testLongestPrefixLooksAtEverySiblingThatBeginsAlike() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let short = traced.branch([1, 2])
        let long = traced.branch([1, 2, 3, 4])
        let below = traced.branch([3, 4, 5], under: short)
        XCTAssertEqual(tree.longestPrefix(of: [1, 2, 3, 4, 5, 6]).node, below)
        XCTAssertEqual(tree.longestPrefix(of: [1, 2, 3, 4, 5, 6]).depth, 5)
        tree.release(below)
        XCTAssertEqual(tree.longestPrefix(of: [1, 2, 3, 9]).node, long)
        XCTAssertEqual(tree.longestPrefix(of: [1, 2, 3, 9]).depth, 3)
        XCTAssertEqual(tree.longestPrefix(of: [2]).node, tree.root)
        XCTAssertEqual(tree.longestPrefix(of: []).depth, 0)
    }

    func testLongestPrefixAgreesWithANaiveSearch() throws {
        for seed in 0..<20 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let traced = try TracedTree()
            var nodes = [traced.tree.root]
            for _ in 0..<60 {
                let tokens = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    Int32.random(in: 0..<3, using: &random)
                }
                nodes.append(traced.branch(tokens, under: nodes.randomElement(using: &random)!))
            }
            let paths = nodes.map { traced.tree.tokens(of: $0) }
            for _ in 0..<50 {
                let query = (0..<12).map { _ in Int32.random(in: 0..<3, using: &random) }
                let naive = paths.map { path in zip(path, query).prefix { $0 == $1 }.count }.max()
                let found = traced.tree.longestPrefix(of: query)
                XCTAssertEqual(found.depth, naive, "seed \(seed)")
                let path = traced.tree.tokens(of: found.node)
                XCTAssertEqual(path.prefix(found.depth), query.prefix(found.depth), "seed \(seed)")
            }
        }
    }

    func testBudgetBeyondTheAddressSpaceIsAnError() {
        let layout = PageLayout(layers: 1 << 20, keyValueHeads: 1, headSize: 1)
        XCTAssertThrowsError(try CacheTree(models: [layout], budget: CacheBudget(bytes: 1 << 60))) { error in
            guard case CacheError.noAddressSpace(let bytes, _) = error else { return XCTFail("\(error)") }
            XCTAssertLessThanOrEqual(bytes, 1 << 60)
        }
    }
}
