import CacheTree
import Transformer
import XCTest

/// Which rows a pass gets.
final class PlanningTests: XCTestCase {
    private func positions(_ traced: TracedTree, model: Int = 0) -> [Int32] {
        traced.batches[model].rows.map(\.position)
    }

    func testEveryTokenIsComputedOnceAndOutputsAreThoseOfTheLastTokens() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<5))
        let thought = traced.branch([5, 6], under: prompt)
        let planned = try traced.plan(thought, outputs: 3)
        XCTAssertEqual(positions(traced), Array(0..<7))
        XCTAssertEqual(traced.batches[0].rows.map(\.wantsOutput), [false, false, false, false, true, true, true])
        XCTAssertEqual(planned.outputs, [0, 1, 2])
        XCTAssertTrue(planned.isComplete)
        traced.run()
        XCTAssertEqual(try traced.plan(thought), PlannedRows(outputs: [], isComplete: true, recomputed: 0))
        XCTAssertTrue(traced.batches[0].isEmpty)
        XCTAssertTrue(traced.batches[0].pathStarts.isEmpty)
    }

    func testBranchesPlannedTogetherShareTheRowsOfTheirAncestors() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<16))
        let first = traced.branch([100], under: prompt)
        let second = traced.branch([200], under: prompt)
        try traced.plan(first, outputs: 1)
        try traced.plan(second, outputs: 1)
        XCTAssertEqual(positions(traced), Array(0..<16) + [16, 16])
        XCTAssertEqual(traced.batches[0].outputs, 2)
        traced.run()
        for node in [first, second] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        assertInvariants(traced.tree)
    }

    func testCopyOfAPageThatTheSamePassWritesRepeatsOnlyItsUnwrittenRows() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<18))
        try traced.compute(prompt)
        let thought = traced.branch([18, 19, 20], under: prompt)
        let branches = (0..<3).map { traced.branch([Int32(100 + $0)], under: thought) }
        for branch in branches { try traced.plan(branch, outputs: 1) }
        XCTAssertEqual(positions(traced), [18, 19, 20, 21] + [18, 19, 20, 21] + [18, 19, 20, 21])
        XCTAssertEqual(traced.batches[0].outputs, 3)
        traced.run()
        for node in branches { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        XCTAssertEqual(traced.tree.statistics.pagesCopied, 2)
        assertInvariants(traced.tree)
    }

    func testCopyThatDoesNotFitTheLimitWaitsForTheNextPass() throws {
        let traced = try TracedTree()
        let prompt = traced.branch([1, 2, 3])
        let first = traced.branch([100], under: prompt)
        let second = traced.branch([200, 201], under: prompt)
        try traced.plan(first)
        XCTAssertFalse(try traced.plan(second, limit: 3).isComplete)
        XCTAssertEqual(positions(traced), [0, 1, 2, 3])
        XCTAssertEqual(traced.tree.statistics.pagesCopied, 0)
        traced.run()
        XCTAssertTrue(try traced.plan(second, limit: 3).isComplete)
        XCTAssertEqual(positions(traced), [3, 4])
        traced.run()
        XCTAssertNil(traced.mismatch(at: second, model: 0))
    }

    func testLongPathIsCutAndItsOutputsComeTogetherInTheLastPass() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<50))
        let thought = traced.branch(Array(50..<60), under: prompt)
        var chunks: [[Int32]] = []
        while true {
            let planned = try traced.plan(thought, outputs: 4, limit: 20)
            chunks.append(positions(traced))
            XCTAssertEqual(planned.outputs, planned.isComplete ? [0, 1, 2, 3] : [])
            assertInvariants(traced.tree)
            traced.run()
            if planned.isComplete { break }
        }
        XCTAssertEqual(chunks, [Array(0..<20), Array(20..<40), Array(40..<60)])
        XCTAssertNil(traced.mismatch(at: thought, model: 0))
    }

    func testPathIsCutBeforeOutputsThatDoNotFit() throws {
        let traced = try TracedTree()
        let line = traced.branch(Array(0..<12))
        XCTAssertFalse(try traced.plan(line, outputs: 5, limit: 10).isComplete)
        XCTAssertEqual(positions(traced), Array(0..<7))
        XCTAssertFalse(try traced.plan(line, outputs: 5, limit: 3).isComplete)
        XCTAssertEqual(positions(traced), Array(0..<7))
        traced.run()
        XCTAssertEqual(try traced.plan(line, outputs: 5, limit: 5).outputs, [0, 1, 2, 3, 4])
        traced.run()
    }

    func testForksAtTheEndOfAFinishedPromptShareOneRepeatedRow() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<20))
        try traced.compute(prompt)
        let forks = (0..<6).map { _ in traced.tree.fork(prompt) }
        for fork in forks { XCTAssertEqual(try traced.plan(fork, outputs: 1).outputs, [0]) }
        XCTAssertEqual(positions(traced), [19])
        traced.run()
        XCTAssertEqual(traced.tree.statistics.pagesCopied, 0)
        assertInvariants(traced.tree)
    }

    func testForksOfAnUnfinishedPromptShareItsLastRow() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<20))
        let forks = (0..<3).map { _ in traced.tree.fork(prompt) }
        for fork in forks { XCTAssertEqual(try traced.plan(fork, outputs: 2).outputs, [0, 1]) }
        XCTAssertEqual(positions(traced), Array(0..<20))
        traced.run()
    }

    func testOutputsOfRepeatedAndNewRowsComeInOrderOfDepth() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<32))
        try traced.compute(prompt)
        let first = traced.branch([100, 101], under: prompt)
        let second = traced.branch([200, 201], under: prompt)
        XCTAssertEqual(try traced.plan(first, outputs: 4).outputs, [0, 1, 2, 3])
        XCTAssertEqual(try traced.plan(second, outputs: 4).outputs, [0, 1, 4, 5])
        XCTAssertEqual(positions(traced), [30, 31, 32, 33, 32, 33])
        traced.run()
    }

    func testRepeatedRowOfACopiedPageWritesTheCopy() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<20))
        try traced.compute(prompt)
        let first = traced.branch([100], under: prompt)
        let second = traced.branch([200], under: prompt)
        try traced.plan(first, outputs: 2)
        try traced.plan(second, outputs: 3)
        traced.run()
        for node in [prompt, first, second] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        assertInvariants(traced.tree)
    }

    func testOutputOfARowThatIsInTheBatchWithoutOneWaitsForTheNextPass() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<20))
        let first = traced.branch([100], under: prompt)
        let fork = traced.tree.fork(prompt)
        try traced.plan(first, outputs: 1)
        XCTAssertEqual(try traced.plan(fork, outputs: 1), PlannedRows(outputs: [], isComplete: false, recomputed: 0))
        XCTAssertEqual(traced.batches[0].rows.count, 21)
        traced.run()
        XCTAssertEqual(try traced.plan(fork, outputs: 1).outputs, [0])
        XCTAssertEqual(positions(traced), [19])
        traced.run()
    }

    func testCopyOfAPageGivesOutputsThatTheRowsOfTheOriginalDoNotHave() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<5))
        let first = traced.branch([100], under: prompt)
        let second = traced.branch([200], under: prompt)
        XCTAssertEqual(try traced.plan(first, outputs: 1).outputs, [0])
        XCTAssertEqual(try traced.plan(second, outputs: 2).outputs, [1, 2])
        XCTAssertEqual(positions(traced), [0, 1, 2, 3, 4, 5] + [0, 1, 2, 3, 4, 5])
        traced.run()
        for node in [first, second] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
    }

    func testOutOfMemoryChangesNothing() throws {
        let traced = try TracedTree(pages: 4)
        let page = traced.layouts[0].bytesPerPage
        let prompt = traced.branch(Array(0..<40))
        try traced.plan(prompt, outputs: 1)
        let long = traced.branch(Array(40..<70), under: prompt)
        let other = traced.branch([200], under: prompt)
        let (before, rows, pages) = (traced.tree.statistics, traced.batches[0].rows, traced.batches[0].pages)
        XCTAssertThrowsError(try traced.plan(long, outputs: 1)) { error in
            XCTAssertEqual(error as? CacheError, .outOfMemory(needed: 2 * page, budget: 4 * page))
        }
        XCTAssertEqual(traced.tree.statistics, before)
        XCTAssertEqual(traced.batches[0].rows, rows)
        XCTAssertEqual(traced.batches[0].pages, pages)
        XCTAssertEqual(traced.tree.computedDepth(of: long, model: 0), 40)
        assertInvariants(traced.tree)
        XCTAssertFalse(try traced.plan(long, limit: 24).isComplete)
        XCTAssertThrowsError(try traced.plan(other))
        traced.run()
        traced.tree.release(long)
        try traced.compute(other)
        XCTAssertNil(traced.mismatch(at: other, model: 0))
        assertInvariants(traced.tree)
    }
}
