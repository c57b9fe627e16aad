import SpecSearch
import XCTest

/// Single levels, answered by hand.
final class BeamSearchLevelTests: XCTestCase {
    func testFirstLevelIsAllTheTargetsUnderEveryPolicy() throws {
        for policy in SpeculationPolicy.allCases {
            let script = try SearchScript(policy, width: 3)
            XCTAssertEqual(script.requests, ["- target 0", "- target 1", "- target 2"])
        }
    }

    func testThresholdStartsAtThetaTimesTheBestAndFollowsTheBestCandidate() throws {
        var script = try SearchScript(width: 2, theta: 0.5)
        try script.write("a b")
        try script.score(0.25, 0.75)
        XCTAssertEqual(script.threshold, 0.375)
        // The rejected 0.25 does not count, the correction of 0.5 does not lead, the accepted 0.625 does.
        try script.write("c d e f  g h i j")
        try script.score(0.25, 0.125, 0, 0, 0, 0.625, 0, 0.375)
        XCTAssertEqual(script.requests, ["b target 0", "b target 1"])
        try script.write("k l")
        try script.score(0.5, 0.0625)
        XCTAssertEqual(script.threshold, 0.5 * 0.375 + 0.5 * 0.625)
        XCTAssertEqual(
            script.events.compactMap { event -> Double? in
                guard case .levelFinished(_, let threshold) = event else { return nil }
                return threshold
            }, [0.375, 0.5])
    }

    func testAllCorrectionsOfALevelRaiseTheThresholdOnce() throws {
        var script = try SearchScript(width: 2, theta: 0.5)
        try script.write("a b")
        try script.score(0.5, 0.5)
        try script.write("c d e f  g h i j")
        try script.score(0, 0, 0, 0, 0, 0, 0, 0)
        XCTAssertEqual(script.requests, ["a target 0", "a target 1", "b target 0", "b target 1"])
        try script.write("k l m n")
        try script.score(0.125, 1, 0.75, 0)
        XCTAssertEqual(script.threshold, 0.5 * 0.25 + 0.5 * 1)
        XCTAssertEqual(script.requests.first, "l draft 0")
        XCTAssertEqual(script.search.counters.thoughtsAccepted, 0)
        XCTAssertEqual(script.search.counters.thoughtsCorrected, 4)
        XCTAssertEqual(script.search.counters.levelsWithoutCorrection, 0)
    }

    func testDraftsTwiceTheWidthForEveryBeamInOneBatch() throws {
        var script = try SearchScript(width: 2)
        try script.write("a b")
        try script.score(0.5, 0.75)
        XCTAssertEqual(
            script.requests,
            ["b", "a"].flatMap { parent in (0..<4).map { "\(parent) draft \($0)" } })
    }

    func testLosslessAndPlainLetTheTargetWriteEveryThought() throws {
        for policy in [SpeculationPolicy.plain, .lossless] {
            var script = try SearchScript(policy, width: 2)
            try script.write("a b")
            try script.score(0.5, 0.75)
            XCTAssertEqual(script.requests, ["b target 0", "b target 1", "a target 0", "a target 1"])
            XCTAssertNil(script.threshold)
            XCTAssertEqual(script.search.counters.thoughtsDrafted, 0)
        }
    }

    func testAcceptsAtMostTheWidthBestFirstAndTiesBySlot() throws {
        var script = try SearchScript(width: 2, beams: 1, theta: 0.5)
        try script.write("a b")
        try script.score(1, 0)
        try script.write("c d e f")
        try script.score(0.5, 0.75, 0.5, 0.5)
        XCTAssertEqual(script.thoughts(.rejected), ["e", "f"])
        XCTAssertEqual(script.search.counters.thoughtsDrafted, 4)
        XCTAssertEqual(script.search.counters.thoughtsAccepted, 2)
        XCTAssertEqual(script.search.counters.levelsWithoutCorrection, 1)
        // Nothing is missing, so that the next level begins at once.
        XCTAssertEqual(script.requests.first, "d draft 0")
    }

    func testFixedThresholdStaysWhereItIs() throws {
        var script = try SearchScript(width: 2, beams: 1) { ($0.thresholdRule, $0.thresholdLevel) = (.fixed, 0.6) }
        try script.write("a b")
        try script.score(0.1, 0)
        for _ in 0..<2 {
            XCTAssertEqual(script.threshold, 0.6)
            try script.write("c d e f")
            try script.score(0.75, 0.5, 0.59, 0.6)
            XCTAssertEqual(script.requests.first, "c draft 0")
        }
        XCTAssertEqual(script.thoughts(.rejected), ["d", "e", "d", "e"])
    }

    func testShareOfTheSlotsIsAlwaysTheTargets() throws {
        var script = try SearchScript(width: 3, beams: 1) { ($0.thresholdRule, $0.thresholdLevel) = (.share, 0.5) }
        try script.write("a b c")
        try script.score(1, 0, 0)
        try script.write("d e f g h i")
        try script.score(0.125, 0, 0.25, 0, 0, 0)
        // Of three slots a share of one half is two, whatever the scores.
        XCTAssertEqual(script.thoughts(.rejected), ["e", "g", "h", "i"])
        XCTAssertEqual(script.requests, ["a target 0"])
    }

    func testLotsRejectTheirShareWhateverTheScores() throws {
        var accepted = 0
        for seed in 0..<400 {
            var parameters = SearchParameters()
            (parameters.width, parameters.beams, parameters.thresholdRule) = (4, 1, .random)
            (parameters.thresholdLevel, parameters.draftsPerPath) = (0.25, 4)
            let format = try PromptFormat(prompt: "{question}\n", separator: "\n", answer: "The answer is {answer}.")
            var script = try SearchScript(width: 4)
            script.search = try Search(policy: .paper, parameters: parameters, format: format, seed: UInt64(seed))
            try script.write("a b c d")
            try script.score(1, 0, 0, 0)
            try script.write("e f g h")
            try script.score(0, 0.25, 0.5, 0.75)
            accepted += script.search.counters.thoughtsAccepted
        }
        // Four standard deviations around a quarter of 1,600.
        XCTAssertEqual(Double(accepted), 400, accuracy: 4 * (1600 * 0.25 * 0.75).squareRoot())
    }

    func testDuplicatesAreMergedBeforeAnythingSeesThem() throws {
        var script = try SearchScript(width: 2, beams: 1, theta: 0.5)
        try script.write("a a")
        XCTAssertEqual(script.unjudged, ["a"])
        try script.score(1)
        try script.write("b c b b")
        XCTAssertEqual(script.unjudged, ["b", "c"])
        XCTAssertEqual(script.search.tree.thoughts.map(\.duplicates), [1, 2, 0])
        XCTAssertEqual(script.events.filter { if case .merged = $0 { true } else { false } }.count, 3)
        // The merged drafts fill no slot.
        try script.score(0.75, 0.25)
        XCTAssertEqual(script.requests, ["a target 0"])
    }

    func testTextsAreComparedByTheirBytes() throws {
        var script = try SearchScript(width: 2, beams: 1)
        try script.write("\u{E9} e\u{301}")
        XCTAssertEqual(script.search.tree.count, 2)
    }

    func testSameTextUnderAnotherParentIsNoDuplicate() throws {
        var script = try SearchScript(.plain, width: 2)
        try script.write("a b")
        try script.score(1, 1)
        try script.write("c d c d")
        XCTAssertEqual(script.unjudged, ["c", "d", "c", "d"])
    }

    func testFinishedTextIsNotMergedIntoOneThatGoesOn() throws {
        var script = try SearchScript(.plain, width: 2, beams: 2)
        let cut = WrittenThought(text: "a", tokens: [1], end: .length, meanLogProbability: 0)
        let ended = WrittenThought(text: "a", tokens: [1, 0], end: .endOfText, meanLogProbability: 0)
        try script.search.tell(written: [[cut], [ended]])
        XCTAssertEqual(script.search.tree.thoughts.map(\.isFinal), [false, true])
    }

    func testEmptyThoughtsAreDropped() throws {
        var script = try SearchScript(width: 3, beams: 1)
        let blank = WrittenThought(text: " \t\n", tokens: [3], end: .separator, meanLogProbability: 0)
        let empty = WrittenThought(text: "", tokens: [0], end: .endOfText, meanLogProbability: 0)
        let thought = WrittenThought(text: "a\n", tokens: [1], end: .separator, meanLogProbability: 0)
        try script.search.tell(written: [[blank], [empty], [thought]])
        XCTAssertEqual(script.unjudged, ["a"])
        XCTAssertEqual(script.search.tree[0].slot, 2)
        XCTAssertEqual(script.search.tokensWritten, 3)
    }

    func testCorrectionThatSaysWhatAnAcceptedDraftSaysAddsNothing() throws {
        var script = try SearchScript(width: 2, beams: 1, theta: 0.5)
        try script.write("a b")
        try script.score(1, 0)
        try script.write("c d e f")
        try script.score(0.75, 0, 0, 0)
        try script.write("c")
        XCTAssertEqual(script.search.tree.thoughts.first { $0.text == "c\n" }?.duplicates, 1)
        XCTAssertEqual(script.requests.first, "c draft 0")
        XCTAssertEqual(script.search.counters.levelsWithoutCorrection, 0)
    }

    func testTargetMayWriteWhatWasRejectedAndItsScoreIsKnown() throws {
        var script = try SearchScript(width: 2, beams: 1, theta: 0.5)
        try script.write("a b")
        try script.score(1, 0)
        try script.write("c d e f")
        try script.score(0.25, 0, 0, 0)
        XCTAssertEqual(script.requests, ["a target 0", "a target 1"])
        try script.write("c g")
        XCTAssertEqual(script.unjudged, ["g"])
        try script.score(0.125)
        let twins = script.search.tree.thoughts.filter { $0.text == "c\n" }
        XCTAssertEqual(twins.map(\.origin), [.draft, .target])
        XCTAssertEqual(twins.map(\.state), [.rejected, .kept])
        XCTAssertEqual(twins.map(\.score), [0.25, 0.25])
        XCTAssertEqual(script.requests.first, "c draft 0")
    }

    func testSelectionPoolsTheChildrenOfAllBeamsAndTiesGoToTheEarlier() throws {
        var script = try SearchScript(.plain, width: 2)
        try script.write("a b")
        try script.score(0.5, 0.25)
        try script.write("c d e f")
        try script.score(0.5, 0.75, 0.5, 0.5)
        XCTAssertEqual(script.thoughts(.kept), ["a", "b", "c", "d"])
        XCTAssertEqual(script.thoughts(.pruned), ["e", "f"])
        XCTAssertEqual(script.requests, ["d target 0", "d target 1", "c target 0", "c target 1"])
    }

    func testFewerThoughtsThanPlacesAreAllKept() throws {
        var script = try SearchScript(.plain, width: 2, beams: 4)
        try script.write("a b")
        try script.score(0, 0)
        XCTAssertEqual(script.thoughts(.kept), ["a", "b"])
        try script.write("c d e e")
        try script.score(0, 0.5, 0.25)
        XCTAssertEqual(script.requests.count, 6)
    }

    func testForeseesTheDraftsBehindWhatGoesOnUnlessACorrectionIsBetter() throws {
        var script = try SearchScript(width: 2, theta: 0.5)
        try script.write("a b")
        try script.score(0.5, 0.75)
        XCTAssertEqual(script.search.foreseen, [], "only corrections leave the draft model idle")
        try script.write("c d e f  g h i j")
        try script.score(0.75, 0.25, 0, 0, 0.5, 0, 0, 0)
        XCTAssertEqual(script.requests, ["b target 0", "a target 0"])
        let foreseen = script.search.foreseen
        var other = script
        try script.write("k l")
        try script.score(0.125, 0.25)
        XCTAssertEqual(script.search.ask(), .write(foreseen))
        // Behind a better correction it was in vain.
        try other.write("k l")
        try other.score(1, 1)
        XCTAssertNotEqual(other.search.ask(), .write(foreseen))
    }

    func testWhatIsForeseenIsAskedForUnlessACorrectionGoesOn() throws {
        var (levels, right) = (0, 0)
        for seed in 0..<400 {
            for policy in [SpeculationPolicy.paper, .selective] {
                let models = WordModels(seed: UInt64(seed))
                var search = try SearchScript(policy, width: 3, beams: 2, depth: 6).search
                var foreseen: [WriteRequest] = []
                while true {
                    if case .finished = search.ask() { break }
                    if !search.foreseen.isEmpty { foreseen = search.foreseen }
                    try models.step(&search)
                    guard !foreseen.isEmpty, case .write(let requests) = search.ask() else { continue }
                    levels += 1
                    let isKept = requests.allSatisfy { search.tree[$0.parent ?? 0].origin == .draft }
                    if isKept, requests[0].origin == .draft, requests == foreseen { right += 1 }
                    XCTAssertTrue(foreseen.allSatisfy { $0.origin == .draft && $0.extent == .thought })
                    foreseen = []
                }
            }
        }
        XCTAssertGreaterThan(right, levels / 20)
    }
}
