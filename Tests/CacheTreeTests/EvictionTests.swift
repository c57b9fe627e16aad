import CacheTree
import Transformer
import XCTest

/// Who gives way when memory is short, and that nothing else changes by it.
final class EvictionTests: XCTestCase {
    private func tokens(_ count: Int, _ first: Int32) -> [Int32] { (0..<Int32(count)).map { first + $0 } }

    /// A tree with room for `pages`, and branches of one page each in so many pages, computed in their order.
    private func filled(_ pages: Int) throws -> (traced: TracedTree, branches: [NodeID]) {
        let traced = try TracedTree(pages: pages)
        let branches = (0..<pages).map { traced.branch(tokens(16, Int32(100 * $0))) }
        for branch in branches { try traced.compute(branch) }
        return (traced, branches)
    }

    private func computed(_ traced: TracedTree, _ nodes: [NodeID]) -> [Int] {
        nodes.map { traced.tree.computedDepth(of: $0, model: 0) }
    }

    func testWhatWasNotUsedForTheLongestTimeGivesWay() throws {
        let (traced, branches) = try filled(4)
        try traced.plan(branches[0], outputs: 1)
        traced.run()
        try traced.compute(traced.branch(tokens(32, 1000)))
        XCTAssertEqual(computed(traced, branches), [16, 0, 0, 16])
        XCTAssertEqual(traced.tree.statistics.pagesEvicted, 2)
        XCTAssertEqual(branches.map { traced.tree.depth(of: $0) }, [16, 16, 16, 16], "the tokens stay")
        assertInvariants(traced.tree)
    }

    func testWhatWasEvictedIsComputedAgainOnNeedAndCounted() throws {
        let (traced, branches) = try filled(2)
        try traced.compute(traced.branch(tokens(16, 1000)))
        XCTAssertEqual(computed(traced, branches), [0, 16])
        let rows = try traced.plan(branches[0], outputs: 2)
        XCTAssertEqual(rows.recomputed, 16)
        traced.run()
        XCTAssertEqual(computed(traced, branches), [16, 0])
        XCTAssertEqual(traced.tree.statistics.tokensRecomputed, 16)
    }

    func testABranchGivesItsLastPagesFirstAndNoMoreThanIsNeeded() throws {
        let traced = try TracedTree(pages: 6)
        let long = traced.branch(tokens(90, 0))
        try traced.compute(long)
        try traced.compute(traced.branch(tokens(20, 1000)))
        XCTAssertEqual(traced.tree.computedDepth(of: long, model: 0), 64)
        let rows = try traced.plan(long, limit: 20)
        XCTAssertEqual(rows.recomputed, 20)
        traced.run()
        assertInvariants(traced.tree)
    }

    func testABranchGivesWayBeforeThePromptThatItContinues() throws {
        let traced = try TracedTree(pages: 4)
        let prompt = traced.branch(tokens(32, 0))
        let branches = (0..<2).map { traced.branch(tokens(16, Int32(100 + 100 * $0)), under: prompt) }
        try traced.compute(branches[0], branches[1])
        try traced.compute(traced.branch(tokens(16, 1000)))
        XCTAssertEqual(computed(traced, [prompt] + branches), [32, 32, 48])
        try traced.compute(traced.branch(tokens(16, 2000)))
        XCTAssertEqual(computed(traced, [prompt] + branches), [32, 32, 32])
    }

    func testWhatIsPinnedOrPlannedStays() throws {
        let (traced, branches) = try filled(3)
        traced.tree.pin(branches[0], model: 0)
        try traced.plan(branches[1], outputs: 1)
        let other = traced.branch(tokens(32, 1000))
        let page = traced.layouts[0].bytesPerPage
        XCTAssertThrowsError(try traced.plan(other)) {
            XCTAssertEqual($0 as? CacheError, .outOfMemory(needed: 2 * page, budget: 3 * page))
        }
        XCTAssertEqual(computed(traced, branches), [16, 16, 16], "one page would not have been enough")
        traced.run()
        try traced.compute(other)
        XCTAssertEqual(computed(traced, branches), [0, 16, 0], "pinning and planning are uses")
    }

    func testAPathDoesNotEvictItsOwnBeginning() throws {
        let traced = try TracedTree(pages: 2)
        let branch = traced.branch(tokens(32, 0))
        try traced.compute(branch)
        traced.tree.append(tokens(16, 100), to: branch)
        XCTAssertThrowsError(try traced.plan(branch))
        XCTAssertEqual(computed(traced, [branch]), [32])
        let child = traced.branch([7], under: branch)
        XCTAssertThrowsError(try traced.plan(child))
        XCTAssertEqual(computed(traced, [branch]), [32])
    }

    func testWithoutPermissionNothingIsEvicted() throws {
        let (traced, branches) = try filled(2)
        XCTAssertThrowsError(try traced.plan(traced.branch(tokens(16, 1000)), mayEvict: false))
        XCTAssertEqual(computed(traced, branches), [16, 16])
    }

    func testTreesThatShareABudgetGiveWayToEachOther() throws {
        let one = try TracedTree(pages: 4)
        let two = try TracedTree(budget: one.budget)
        let (old, kept) = (one.branch(tokens(32, 0)), two.branch(tokens(32, 0)))
        try one.compute(old)
        try two.compute(kept)
        try two.compute(two.branch(tokens(16, 1000)))
        XCTAssertEqual(one.tree.computedDepth(of: old, model: 0), 16)
        XCTAssertEqual(two.tree.computedDepth(of: kept, model: 0), 32)
        XCTAssertEqual(one.tree.statistics.pagesEvicted, 1)
        XCTAssertEqual(two.tree.statistics.pagesEvicted, 0)
        assertInvariants(one.tree)
        assertInvariants(two.tree)
    }

    /// A pinned node's last page is written on by one child, and copied for another: if the first child were evicted, the
    /// node would have to move to the copy, under the rows that are planned.
    func testThePagesOfPlannedRowsDoNotMove() throws {
        let traced = try TracedTree(pages: 4)
        let owner = traced.branch(tokens(8, 0))
        let (inPlace, copy) = (
            traced.branch(tokens(16, 100), under: owner), traced.branch(tokens(4, 200), under: owner)
        )
        try traced.compute(inPlace, copy)
        XCTAssertEqual(traced.tree.statistics.pagesCopied, 1)
        try traced.plan(owner, outputs: 1)
        try traced.plan(traced.branch(tokens(32, 1000)))
        traced.run()
        XCTAssertEqual(computed(traced, [inPlace, copy]), [16, 12])
        assertInvariants(traced.tree)
    }
}
