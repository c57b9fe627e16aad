import SpecSearch
import XCTest

/// How searches end, and what they refuse.
final class BeamSearchEndTests: XCTestCase {
    func testFinishedPathUsesAPlaceForGood() throws {
        var script = try SearchScript(.plain, width: 3, beams: 2)
        try script.write("a b. c")
        try script.score(0.5, 0.75, 0.25)
        // b is finished, so that only a goes on.
        XCTAssertEqual(script.requests.map { $0.prefix(1) }, ["a", "a", "a"])
        XCTAssertEqual(script.thoughts(.kept), ["a", "b"])
        try script.write("d e ! ")
        try script.score(0.25, 0.5, 0.875)
        let outcome = try XCTUnwrap(script.outcome)
        XCTAssertEqual(outcome.reason, .answered)
        XCTAssertTrue(outcome.isComplete)
        XCTAssertEqual(outcome.text, "a\nThe answer is 7.\n")
        XCTAssertEqual(outcome.answer, "7")
        XCTAssertEqual(outcome.score, 0.875)
        XCTAssertEqual(outcome.counters.levels, 2)
    }

    func testBestFinishedPathWinsOverBetterOnesThatAreNot() throws {
        var script = try SearchScript(.plain, width: 2, beams: 2, depth: 2)
        try script.write("a !")
        try script.score(0.75, 0.25)
        try script.write("b c")
        try script.score(1, 1)
        let outcome = try XCTUnwrap(script.outcome)
        XCTAssertEqual(outcome.reason, .depth)
        XCTAssertEqual(outcome.text, "The answer is 7.\n")
        XCTAssertTrue(outcome.isComplete)
    }

    func testPrunedAnswerDoesNotFinishAPath() throws {
        var script = try SearchScript(.plain, width: 2, beams: 1, depth: 1)
        try script.write("! a")
        try script.score(0.25, 0.5)
        let outcome = try XCTUnwrap(script.outcome)
        XCTAssertFalse(outcome.isComplete)
        XCTAssertNil(outcome.answer)
        XCTAssertEqual(outcome.text, "a\n")
    }

    func testAnswerThatTheLengthCapSplitsFinishesThePath() throws {
        var script = try SearchScript(.plain, width: 1, beams: 1)
        let first = WrittenThought(text: "The answer", tokens: [1], end: .length, meanLogProbability: 0)
        let second = WrittenThought(text: " is 32.\n", tokens: [2], end: .separator, meanLogProbability: 0)
        try script.search.tell(written: [[first]])
        try script.score(0.5)
        try script.search.tell(written: [[second]])
        try script.score(0.5)
        XCTAssertEqual(script.outcome?.answer, "32")
        XCTAssertEqual(script.outcome?.isComplete, true)
    }

    func testDepthEndsTheSearchWithTheBestPathMarkedUnfinished() throws {
        var script = try SearchScript(.plain, width: 2, depth: 2)
        try script.write("a b")
        try script.score(0.5, 0.25)
        try script.write("c d e f")
        try script.score(0.125, 0.25, 0.75, 0.5)
        let outcome = try XCTUnwrap(script.outcome)
        XCTAssertEqual(outcome.reason, .depth)
        XCTAssertFalse(outcome.isComplete)
        XCTAssertEqual(outcome.text, "b\ne\n")
        XCTAssertEqual(outcome.path, script.search.tree.path(of: outcome.path.last))
    }

    func testLevelWithoutThoughtsEndsTheSearchWithWhatThereIs() throws {
        var script = try SearchScript(width: 2, beams: 1)
        try script.write("a b")
        try script.score(0.5, 0.25)
        try script.write("_ _ _ _")
        XCTAssertEqual(script.requests, ["a target 0", "a target 1"])
        try script.write("_ _")
        XCTAssertEqual(script.outcome?.reason, .exhausted)
        XCTAssertEqual(script.outcome?.text, "a\n")
        XCTAssertEqual(script.outcome?.counters.levels, 1)
    }

    func testSearchWithoutAnyThoughtHasAnEmptyOutcome() throws {
        var script = try SearchScript(width: 2)
        try script.write("_ _")
        let outcome = try XCTUnwrap(script.outcome)
        XCTAssertEqual(outcome.path, [])
        XCTAssertEqual(outcome.text, "")
        XCTAssertNil(outcome.score)
        XCTAssertFalse(outcome.isComplete)
    }

    func testSearchEndsWhenOnlyFinishedPathsAreLeft() throws {
        var script = try SearchScript(.plain, width: 1, beams: 2)
        try script.write("!")
        try script.score(0.5)
        XCTAssertEqual(script.outcome?.reason, .exhausted)
        XCTAssertEqual(script.outcome?.isComplete, true)
    }

    func testBudgetEndsTheSearchBeforeTheNextBatch() throws {
        // Two tokens for each thought: the first level takes 4, the second 4 more.
        for (budget, levels) in [(4, 1), (7, 1), (8, 2), (11, 2), (12, 3)] {
            var script = try SearchScript(.plain, width: 2, beams: 1, tokenBudget: budget)
            while script.outcome == nil {
                try script.write("a b")
                try script.score(0.5, 0.25)
            }
            XCTAssertEqual(script.outcome?.reason, .budget)
            XCTAssertEqual(script.outcome?.counters.levels, levels)
            XCTAssertEqual(script.outcome?.path.count, levels)
        }
    }

    func testBudgetThatEndsBeforeCorrectionsKeepsTheAcceptedDrafts() throws {
        var script = try SearchScript(width: 2, beams: 1, theta: 0.5, tokenBudget: 12)
        try script.write("a b")
        try script.score(0.5, 0.25)
        try script.write("c d e f")
        try script.score(0.125, 0.5, 0, 0)
        XCTAssertEqual(script.outcome?.reason, .budget)
        XCTAssertEqual(script.outcome?.text, "a\nd\n")
        XCTAssertEqual(script.outcome?.counters.levelsWithoutCorrection, 0)
    }

    func testStoppingKeepsWhatIsJudgedAndLeavesNothingOpen() throws {
        var script = try SearchScript(width: 2, beams: 1, theta: 0.5)
        try script.write("a b")
        try script.score(0.5, 0.25)
        try script.write("c d e f")
        try script.score(0.125, 0.5, 0, 0)
        try script.write("g")
        script.events += script.search.stop()
        XCTAssertEqual(script.outcome?.reason, .stopped)
        XCTAssertEqual(script.outcome?.text, "a\nd\n")
        XCTAssertEqual(script.thoughts(.pruned), ["b", "g"])
        XCTAssertEqual(script.thoughts(.open), [])
        XCTAssertEqual(script.search.stop(), [])
        XCTAssertEqual(script.outcome?.reason, .stopped)
    }

    func testStoppingBeforeAnythingIsWrittenHasAnEmptyOutcome() throws {
        var script = try SearchScript()
        script.search.stop()
        XCTAssertEqual(script.outcome?.path, [])
    }

    // MARK: Refusals

    func testScoresThatAreNoProbabilitiesAreRefusedAndChangeNothing() throws {
        for score in [Float.nan, .infinity, -.infinity, -0.001, 1.001] {
            var script = try SearchScript()
            try script.write("a b")
            XCTAssertThrowsError(try script.score(0.5, score)) {
                guard case .invalidScore(1, _)? = $0 as? SearchError else { return XCTFail("\($0)") }
            }
            XCTAssertEqual(script.search.tree.thoughts.map(\.score), [nil, nil])
            XCTAssertEqual(script.unjudged, ["a", "b"])
            try script.score(0, 1)
            XCTAssertEqual(script.threshold, 0.5)
        }
    }

    func testWrongCountsAreRefusedAndChangeNothing() throws {
        var script = try SearchScript()
        XCTAssertThrowsError(try script.write("a")) {
            XCTAssertEqual($0 as? SearchError, .wrongCount(of: "texts", found: 1, expected: 2))
        }
        XCTAssertEqual(script.search.tree.count, 0)
        try script.write("a b")
        XCTAssertThrowsError(try script.score(0.5, 0.5, 0.5)) {
            XCTAssertEqual($0 as? SearchError, .wrongCount(of: "scores", found: 3, expected: 2))
        }
    }

    func testWhatWasNotAskedForIsRefused() throws {
        var script = try SearchScript(.plain, width: 1, beams: 1)
        XCTAssertThrowsError(try script.score(0.5)) {
            XCTAssertEqual($0 as? SearchError, .notAsked(told: "scores", expected: "1 texts"))
        }
        try script.write("!")
        XCTAssertThrowsError(try script.write("a")) {
            XCTAssertEqual($0 as? SearchError, .notAsked(told: "texts", expected: "1 scores"))
        }
        try script.score(1)
        XCTAssertThrowsError(try script.write("a"))
        XCTAssertThrowsError(try script.score(1))
    }

    func testParametersOutsideTheirRangesAreRefusedByName() {
        let broken: [(String, () throws -> SearchParameters)] = [
            ("width", { try SearchParameters(width: 0) }),
            ("width", { try SearchParameters(width: Int.max) }),
            ("beams", { try SearchParameters(beams: 0) }),
            ("depth", { try SearchParameters(depth: 0) }),
            ("thoughtTokens", { try SearchParameters(thoughtTokens: 0) }),
            ("tokenBudget", { try SearchParameters(tokenBudget: 0) }),
            ("theta", { try SearchParameters(theta: 1.1) }),
            ("theta", { try SearchParameters(theta: .nan) }),
        ]
        for (name, make) in broken {
            XCTAssertThrowsError(try make()) {
                guard case .invalidParameter(name, _, _)? = $0 as? SearchError else { return XCTFail("\(name): \($0)") }
            }
        }
    }
}
