import CacheTree
import Transformer
import XCTest

/// Which branches share pages, and when a page is copied or comes back.
final class PageSharingTests: XCTestCase {
    private func pages(_ traced: TracedTree, model: Int = 0) -> Int {
        traced.tree.statistics(of: model).bytesInUse / traced.layouts[model].bytesPerPage
    }

    func testForkCopiesNothingAndTheFirstToGrowWritesInPlace() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<20))
        try traced.compute(prompt)
        let first = traced.tree.fork(prompt)
        let second = traced.tree.fork(prompt)
        XCTAssertEqual(pages(traced), 2)
        traced.tree.append([100], to: first)
        try traced.compute(first)
        XCTAssertEqual(pages(traced), 2)
        XCTAssertEqual(traced.tree.pages(of: first, model: 0), traced.tree.pages(of: prompt, model: 0))
        traced.tree.append([200], to: second)
        try traced.compute(second)
        XCTAssertEqual(pages(traced), 3)
        XCTAssertEqual(traced.tree.statistics.pagesCopied, 1)
        for node in [prompt, first, second] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        assertInvariants(traced.tree)
    }

    func testForkAtABlockBorderNeverCopies() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<32))
        let branches = (0..<5).map { traced.branch([Int32(100 + $0)], under: prompt) }
        for branch in branches { try traced.plan(branch) }
        traced.run()
        XCTAssertEqual(traced.tree.statistics.pagesCopied, 0)
        XCTAssertEqual(pages(traced), 2 + 5)
        assertInvariants(traced.tree)
    }

    func testWhenTheInPlaceBranchGoesItsParentMovesToASiblingsCopy() throws {
        let traced = try TracedTree()
        let top = traced.branch(Array(0..<18))
        let prompt = traced.branch([18, 19], under: top)
        let first = traced.branch([100], under: prompt)
        let second = traced.branch([200], under: prompt)
        try traced.compute(first)
        try traced.compute(second)
        XCTAssertEqual(pages(traced), 3)
        traced.tree.release(first)
        XCTAssertEqual(pages(traced), 2)
        XCTAssertEqual(traced.tree.pages(of: top, model: 0), traced.tree.pages(of: second, model: 0))
        XCTAssertEqual(traced.tree.pages(of: prompt, model: 0), traced.tree.pages(of: second, model: 0))
        for node in [top, prompt, second] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        assertInvariants(traced.tree)
    }

    func testWhenTheOnlyBranchGoesTheNextOneWritesInPlaceAgain() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<20))
        for token in 100..<110 as Range<Int32> {
            let branch = traced.branch([token, token], under: prompt)
            try traced.compute(branch)
            XCTAssertEqual(pages(traced), 2)
            XCTAssertNil(traced.mismatch(at: branch, model: 0))
            traced.tree.release(branch)
            assertInvariants(traced.tree)
        }
        XCTAssertEqual(traced.tree.statistics.pagesCopied, 0)
    }

    func testTruncationAcrossPageBordersReturnsPagesAndSlots() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<10))
        let draft = traced.branch(Array(10..<60), under: prompt)
        try traced.compute(draft)
        for (depth, count) in [(49, 4), (48, 3), (33, 3), (32, 2), (17, 2), (16, 1), (11, 1), (10, 1)] {
            traced.tree.truncate(draft, toDepth: depth)
            XCTAssertEqual(pages(traced), count, "depth \(depth)")
            XCTAssertEqual(traced.tree.computedDepth(of: draft, model: 0), depth)
            assertInvariants(traced.tree)
        }
        traced.tree.append([7, 7, 7, 7, 7, 7, 7], to: draft)
        try traced.compute(draft)
        XCTAssertNil(traced.mismatch(at: draft, model: 0))
        XCTAssertEqual(traced.tree.statistics.pagesCopied, 0)
    }

    func testTruncatedInPlaceBranchLetsItsParentMoveToASiblingsCopy() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<20))
        let first = traced.branch([100, 101], under: prompt)
        let second = traced.branch([200], under: prompt)
        try traced.compute(first)
        try traced.compute(second)
        traced.tree.truncate(first, toDepth: 20)
        XCTAssertEqual(pages(traced), 2)
        traced.tree.append([102], to: first)
        try traced.compute(first)
        XCTAssertEqual(pages(traced), 3)
        for node in [prompt, first, second] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        assertInvariants(traced.tree)
    }

    func testSplitSharesThePageThatTheCutGoesThrough() throws {
        let traced = try TracedTree(layers: [1, 2])
        let line = traced.branch(Array(0..<40))
        try traced.compute(line, model: 0)
        try traced.plan(line, model: 1, limit: 18)
        traced.run(model: 1)
        for depth in [35, 32, 21, 18, 17, 16, 5] {
            let fork = traced.tree.fork(line, atDepth: depth)
            XCTAssertEqual(traced.tree.computedDepth(of: fork, model: 0), depth)
            XCTAssertEqual(traced.tree.computedDepth(of: fork, model: 1), min(depth, 18))
            assertInvariants(traced.tree)
        }
        XCTAssertEqual(pages(traced, model: 0), 3)
        XCTAssertEqual(pages(traced, model: 1), 2)
        try traced.compute(line, model: 1)
        for model in 0...1 { XCTAssertNil(traced.mismatch(at: line, model: model)) }
    }

    func testEvictedPagesComeBackAndAreComputedAgain() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<20))
        let first = traced.branch(Array(100..<130), under: prompt)
        let second = traced.branch(Array(200..<230), under: prompt)
        try traced.compute(first, second)
        traced.tree.evict(first, model: 0)
        XCTAssertEqual(traced.tree.computedDepth(of: first, model: 0), 20)
        XCTAssertEqual(traced.tree.depth(of: first), 50)
        XCTAssertEqual(pages(traced), 4)
        assertInvariants(traced.tree)
        traced.tree.evict(second, model: 0)
        traced.tree.evict(prompt, model: 0)
        XCTAssertEqual(pages(traced), 0)
        try traced.compute(second, first)
        for node in [first, second] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        assertInvariants(traced.tree)
    }

    func testModelsComputeLazilyAndShareOneBudget() throws {
        let traced = try TracedTree(layers: [2, 1])
        let prompt = traced.branch(Array(0..<20))
        try traced.compute(prompt, model: 1)
        XCTAssertEqual(traced.tree.statistics(of: 0).bytesInUse, 0)
        XCTAssertEqual(traced.tree.computedDepth(of: prompt, model: 0), 0)
        try traced.compute(prompt, model: 0)
        XCTAssertEqual(traced.budget.used, 2 * traced.layouts[0].bytesPerPage + 2 * traced.layouts[1].bytesPerPage)
        XCTAssertEqual(traced.tree.statistics.bytesInUse, traced.budget.used)
        traced.tree.release(prompt)
        XCTAssertEqual(traced.budget.used, 0)
        XCTAssertEqual(traced.tree.statistics.peakBytes, traced.budget.peak)
    }

    func testTreesThatShareABudgetLeaveEachOtherTheRest() throws {
        let layout = PageLayout(layers: 1, keyValueHeads: 1, headSize: 1)
        let budget = CacheBudget(bytes: 3 * layout.bytesPerPage)
        let tree = try CacheTree(models: [layout], budget: budget)
        var batch = ForwardBatch()
        do {
            let other = try CacheTree(models: [layout], budget: budget)
            let line = other.fork(other.root)
            other.append(Array(0..<32), to: line)
            _ = try other.plan(line, model: 0, outputs: 0, limit: .max, into: &batch)
            XCTAssertEqual(budget.free, layout.bytesPerPage)
            batch.removeAll()
            let mine = tree.fork(tree.root)
            tree.append(Array(0..<17), to: mine)
            XCTAssertThrowsError(try tree.plan(mine, model: 0, outputs: 0, limit: .max, into: &batch)) { error in
                let expected = CacheError.outOfMemory(needed: 2 * layout.bytesPerPage, budget: budget.bytes)
                XCTAssertEqual(error as? CacheError, expected)
            }
            other.release(line)
            _ = try tree.plan(mine, model: 0, outputs: 0, limit: .max, into: &batch)
        }
        XCTAssertEqual(budget.used, 2 * layout.bytesPerPage)
    }

    func testPagesOfATreeGoBackToTheBudgetWithTheTree() throws {
        let layout = PageLayout(layers: 1, keyValueHeads: 1, headSize: 1)
        let budget = CacheBudget(bytes: 3 * layout.bytesPerPage)
        func use() throws {
            let tree = try CacheTree(models: [layout], budget: budget)
            let line = tree.fork(tree.root)
            tree.append([1, 2], to: line)
            var batch = ForwardBatch()
            _ = try tree.plan(line, model: 0, outputs: 0, limit: .max, into: &batch)
            XCTAssertEqual(budget.used, layout.bytesPerPage)
        }
        try use()
        XCTAssertEqual(budget.used, 0)
    }

    func testUnsharedBytesCountEveryLeafsWholePath() throws {
        let traced = try TracedTree()
        let prompt = traced.branch(Array(0..<32))
        let branches = (0..<4).map { traced.branch([Int32(100 + $0)], under: prompt) }
        for branch in branches.prefix(3) { try traced.compute(branch) }
        let statistics = traced.tree.statistics(of: 0)
        let page = traced.layouts[0].bytesPerPage
        XCTAssertEqual(statistics.unsharedBytes, (3 * 3 + 2) * page)
        XCTAssertEqual(statistics.bytesInUse, (2 + 3) * page)
        XCTAssertEqual(statistics.uniqueBytes, 35 * page / 16)
    }

    // MARK: Growing together

    func testBranchesThatSayTheSameAreOnePathUntilTheyDiffer() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        let prompt = traced.branch(Array(0..<20))
        try traced.compute(prompt)
        var branches = (0..<4).map { _ in tree.fork(prompt) }
        for token in Int32(100)..<110 {
            branches = branches.map { tree.extend($0, by: [token]) }
            XCTAssertEqual(Set(branches.map { tree.place(of: $0) }).count, 1)
            for branch in branches { try traced.plan(branch, outputs: 1) }
            XCTAssertEqual(traced.batches[0].rows.count, 1, "one row for all of them")
            traced.run()
        }
        XCTAssertEqual(tree.statistics.pagesCopied, 0)
        XCTAssertEqual(pages(traced), 2)
        // What was split for them on the way is one node again: root, prompt, text and the branches behind it.
        XCTAssertLessThanOrEqual(tree.nodeCount, 2 + 1 + 4)
        branches[3] = tree.extend(branches[3], by: [7])
        for index in 0..<3 { branches[index] = tree.extend(branches[index], by: [110, 111]) }
        XCTAssertEqual(Set(branches.map { tree.place(of: $0) }).count, 2)
        XCTAssertEqual(tree.tokens(of: branches[0]), Array(0..<20) + Array(100..<112))
        XCTAssertEqual(tree.tokens(of: branches[3]), Array(0..<20) + Array(100..<110) + [7])
        for branch in branches { try traced.compute(branch) }
        XCTAssertEqual(pages(traced), 3)
        for node in branches + [prompt] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        assertInvariants(tree)
        for node in branches + [prompt] { tree.release(node) }
        XCTAssertEqual(tree.nodeCount, 1)
    }

    func testARetreatLeavesToOthersWhatTheyHave() throws {
        let traced = try TracedTree()
        let tree = traced.tree
        var first = tree.extend(tree.fork(tree.root), by: Array(0..<24))
        var second = tree.extend(tree.fork(tree.root), by: Array(0..<24))
        try traced.compute(first)
        XCTAssertEqual(tree.place(of: first), tree.place(of: second))
        first = tree.retreat(first, toDepth: 5)
        XCTAssertEqual(tree.tokens(of: first), Array(0..<5))
        XCTAssertEqual(tree.tokens(of: second), Array(0..<24))
        XCTAssertEqual(pages(traced), 2)
        first = tree.extend(first, by: [5, 6])
        XCTAssertEqual(tree.computedDepth(of: first, model: 0), 7, "the other has computed that")
        second = tree.retreat(second, toDepth: 3)
        XCTAssertEqual(tree.tokens(of: second), Array(0..<3))
        XCTAssertEqual(pages(traced), 1)
        for node in [first, second] { XCTAssertNil(traced.mismatch(at: node, model: 0)) }
        assertInvariants(tree)
        XCTAssertEqual(tree.retreat(second, toDepth: 3), second)
        XCTAssertEqual(tree.extend(second, by: []), second)
    }
}
