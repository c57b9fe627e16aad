import CacheTree
import Transformer
import XCTest

/// Many branches and long prefixes.
final class ScaleTests: XCTestCase {
    func testFortyHundredBranchesGrowAndGo() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let prompt = traced.branch(Array(0..<100))
        try traced.compute(prompt)
        let branches = (0..<4096).map { _ in tree.fork(prompt) }
        for step in 0..<2 {
            var batch = ForwardBatch()
            for (number, branch) in branches.enumerated() {
                tree.append([Int32(number % 7), Int32(step)], to: branch)
                _ = try tree.plan(branch, model: 0, outputs: 1, limit: .max, into: &batch)
            }
            XCTAssertEqual(batch.rows.count, 2 * 4096)
            XCTAssertEqual(batch.outputs, 4096)
        }
        let page = traced.layouts[0].bytesPerPage
        XCTAssertEqual(tree.liveLeaves, 4096)
        XCTAssertEqual(tree.statistics.bytesInUse, (6 + 4096) * page)
        assertInvariants(tree)
        for branch in branches.dropLast() { tree.release(branch) }
        XCTAssertEqual(tree.statistics.bytesInUse, 7 * page)
        assertInvariants(tree)
    }

    func testForkOfALongPrefixCopiesNothingAndTakesMicroseconds() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let prompt = traced.branch(Array(0..<32_768))
        var batch = ForwardBatch()
        _ = try tree.plan(prompt, model: 0, outputs: 1, limit: .max, into: &batch)
        let before = tree.statistics
        let clock = ContinuousClock()
        let times = (0..<1000).map { _ in clock.measure { _ = tree.fork(prompt) } }.sorted()
        let after = tree.statistics
        XCTAssertEqual(after.bytesInUse, before.bytesInUse)
        XCTAssertEqual(after.pagesCopied, 0)
        #if !DEBUG
        XCTAssertLessThan(times[500], .microseconds(20), "median of 1000 forks")
        #endif
        print("fork: median \(times[500]), slowest \(times[999])")
    }
}
