import TestSupport
import XCTest

@testable import SpecSearch

/// The policy that writes only what is likely to be among the best.
final class SelectivePolicyTests: XCTestCase {
    /// F as 99 scores from 0.01 to 0.99 at depth 2 say it, and one above all.
    private var hundredths: ScoreDistribution {
        var scores = ScoreDistribution()
        for score in 1...99 { scores.add(Float(score) / 100, depth: 2, weight: 1) }
        return scores
    }

    // MARK: F

    func testShareCountsWhatIsAtMostTheScoreAndOneAboveAll() {
        XCTAssertEqual(hundredths.share(atMost: 0.5, depth: 2), 0.5, accuracy: 1e-12)
        XCTAssertEqual(hundredths.share(atMost: 0.505, depth: 2), 0.5, accuracy: 1e-12)
        XCTAssertEqual(hundredths.share(atMost: 1, depth: 2), 0.99, accuracy: 1e-12)
        XCTAssertEqual(ScoreDistribution().share(atMost: 1, depth: 1), 0)
    }

    func testOtherDepthsCountHalfForEachLevelBetween() {
        var scores = ScoreDistribution()
        scores.add(0.25, depth: 1, weight: 1)
        scores.add(0.75, depth: 3, weight: 1)
        XCTAssertEqual(scores.share(atMost: 0.5, depth: 1), 1 / (1 + 0.25 + 1))
        XCTAssertEqual(scores.share(atMost: 0.5, depth: 2), 0.5 / (0.5 + 0.5 + 1))
    }

    func testScoresCountByTheirWeightsLessWithEveryQuestionAndNotForEver() {
        var scores = ScoreDistribution()
        scores.add(0.25, depth: 1, weight: 4)
        scores.add(0.75, depth: 1, weight: 1)
        XCTAssertEqual(scores.share(atMost: 0.5, depth: 1), 4 / 6)
        scores.age()
        let decay = ScoreDistribution.decay
        XCTAssertEqual(scores.share(atMost: 0.5, depth: 1), 4 * decay / (5 * decay + 1), accuracy: 1e-12)
        for _ in 0..<1000 { scores.age() }
        XCTAssertEqual(scores.samples, [[]])
        for index in 0..<2 * ScoreDistribution.mostSamples { scores.add(Float(index % 2), depth: 1, weight: 1) }
        XCTAssertEqual(scores.samples[0].count, ScoreDistribution.mostSamples)
    }

    // MARK: P(hit)

    private func outlook(
        _ values: [Float], places: Int = 2, missing: Int, known: Double = 0, epsilon: Double = 0.1, margin: Float = 0
    ) throws -> Outlook {
        var parameters = SearchParameters()
        (parameters.epsilon, parameters.margin) = (epsilon, margin)
        return Outlook(
            candidates: values.enumerated().map { .judged($0.offset, $0.element) }, places: places, threshold: 0.25,
            slots: [.init(missing: missing, known: known)], { self.hundredths.share(atMost: $0, depth: 2) }, parameters)
    }

    func testProbabilityOfAHitIsThatOfAnyOfTheMissingThoughts() throws {
        XCTAssertEqual(try outlook([0.9, 0.5, 0.2], missing: 1).hitProbability, 0.5, accuracy: 1e-12)
        XCTAssertEqual(try outlook([0.9, 0.5, 0.2], missing: 3).hitProbability, 1 - 0.125, accuracy: 1e-12)
        XCTAssertEqual(try outlook([0.9, 0.5], missing: 0).hitProbability, 0)
        XCTAssertEqual(try outlook([0.9, 0.5], missing: 1, margin: 0.25).hitProbability, 0.25, accuracy: 1e-12)
        XCTAssertEqual(try outlook([0.9, 0.8], missing: 1, margin: 0.2).hitProbability, 0, accuracy: 1e-12)
        // Three quarters of what the target writes is there already.
        XCTAssertEqual(try outlook([0.9, 0.5], missing: 1, known: 0.75).hitProbability, 0.125, accuracy: 1e-12)
        XCTAssertEqual(
            try outlook([0.9, 0.5], missing: 2, known: 0.75).hitProbability, 1 - 0.875 * 0.875, accuracy: 1e-12)
    }

    func testPathsMultiplyTheirChances() throws {
        var parameters = SearchParameters()
        parameters.margin = 0
        let slots = [Outlook.Slots(missing: 1, known: 0.5), .init(missing: 2, known: 0), .init(missing: 0, known: 1)]
        let outlook = Outlook(
            candidates: [.judged(0, 0.5)], places: 1, threshold: 0, slots: slots,
            { self.hundredths.share(atMost: $0, depth: 2) }, parameters)
        XCTAssertEqual(outlook.hitProbability, 1 - 0.75 * 0.5 * 0.5, accuracy: 1e-12)
    }

    func testCorrectionsAreWrittenWhereTheyMayMatter() throws {
        XCTAssertFalse(try outlook([0.9, 0.5], missing: 1).isSkippable)
        XCTAssertTrue(try outlook([0.9, 0.5], missing: 1, epsilon: 0.5).isSkippable)
        XCTAssertTrue(try outlook([0.9, 0.5], missing: 1, known: 0.8).isSkippable)
        XCTAssertTrue(try outlook([1, 0.95], missing: 1).isSkippable)
        XCTAssertFalse(try outlook([1, 0.95], missing: 4).isSkippable)
        // For a place that no draft fills, the threshold is the standard.
        XCTAssertEqual(try outlook([1], missing: 1).standard, 0.25)
        XCTAssertEqual(try outlook([1], missing: 1).hitProbability, 0.75, accuracy: 1e-12)
        XCTAssertTrue(try outlook([1], missing: 5, known: 1).isSkippable)
        // Without any draft something must be written.
        XCTAssertFalse(try outlook([], missing: 1, known: 1, epsilon: 1).isSkippable)
    }

    func testBeingBeatenTakesTheMargin() throws {
        let outlook = try outlook([0.9, 0.5], missing: 1, margin: 0.25)
        XCTAssertTrue(outlook.isBeaten(by: 0.76))
        XCTAssertFalse(outlook.isBeaten(by: 0.75))
        XCTAssertFalse(outlook.isBeaten(by: nil))
    }

    // MARK: Checks

    func testTargetIsAskedAboutTheBestUntilItKnowsThoseThatGoOn() throws {
        var script = try SearchScript(.selective, width: 4, beams: 2, theta: 0.5) { $0.plausibility = 0.25 }
        try script.write("a b _ _")
        try script.score(0.5, 0.25)
        try script.write("c d e f _ _ _ _ _ _ _ _ _ _ _ _")
        try script.score(0.75, 1, 0.5, 0.875)
        XCTAssertEqual(script.unchecked, ["d", "f"])
        try script.check((0.125, 0), (0.25, 0.5))
        XCTAssertEqual(script.thoughts(.rejected), ["d"])
        XCTAssertEqual(script.unchecked, ["c"])
        try script.check((1, 0.5))
        // What the target writes is on the path of a or b; of a's it knows everything.
        XCTAssertEqual(script.requests, ["a target 0", "b target 0", "b target 1", "b target 2", "b target 3"])
        XCTAssertEqual(script.search.counters.thoughtsChecked, 3)
        XCTAssertEqual(script.search.counters.thoughtsRefused, 1)
        XCTAssertEqual(script.search.counters.thoughtsAccepted, 3)
        XCTAssertEqual(script.search.tree.thoughts[5].check, DraftCheck(plausibility: 0.25, probability: 0.5))
    }

    func testNothingIsCorrectedWhereTheTargetWouldWriteTheSame() throws {
        var script = try SearchScript(.selective, width: 2, beams: 1, theta: 0.5) { $0.auditRate = 1e-9 }
        try script.write("a a")
        try script.score(0.5)
        try script.write("b b b c")
        try script.score(0.75, 0.125)
        XCTAssertEqual(script.unchecked, ["b"])
        try script.check((1, 0.95))
        XCTAssertEqual(script.requests.first, "b draft 0")
        XCTAssertEqual(script.search.counters.levelsWithoutCorrection, 1)
    }

    func testPaperNeverAsks() throws {
        var script = try SearchScript(.paper, width: 1, beams: 1, theta: 0.5)
        try script.write("a")
        try script.score(0.5)
        try script.write("b c")
        try script.score(0.75, 0.875)
        XCTAssertEqual(script.requests.first, "c draft 0")
    }

    func testChecksThatAreNoProbabilitiesAreRefusedAndChangeNothing() throws {
        for (plausibility, probability) in [(Float.nan, 0.5), (1.5, 0.5), (0.5, -1), (0.5, .nan)] {
            var script = try SearchScript(.selective, width: 1, beams: 1, theta: 0.5)
            try script.write("a")
            try script.score(0.5)
            XCTAssertThrowsError(try script.check((1, 1)))
            try script.write("b c")
            try script.score(0.75, 0.875)
            XCTAssertThrowsError(try script.check((plausibility, probability)))
            XCTAssertThrowsError(try script.check())
            XCTAssertEqual(script.unchecked, ["c"])
            try script.check((1, 1))
            XCTAssertEqual(script.requests.first, "c draft 0")
        }
    }

    // MARK: Searches

    /// A memory that knows the target's scores of depth 2.
    private var memory: SearchMemory {
        var memory = SearchMemory()
        memory.scores = hundredths
        return memory
    }

    func testSkipsWhatWouldHardlyMatter() throws {
        var script = try SearchScript(.selective, width: 2, beams: 1, theta: 0.5, memory: memory) {
            ($0.epsilon, $0.margin, $0.auditRate, $0.plausibility) = (0.1, 0, 1e-9, 0)
        }
        try script.write("a b")
        try script.score(0.5, 0.25)
        try script.write("c d e f")
        // One of two slots stays empty, but what fills it is better than 0.97 with a probability of 3 percent.
        try script.score(0.97, 0.125, 0.125, 0.125)
        XCTAssertEqual(script.requests.first, "c draft 0")
        XCTAssertEqual(script.search.counters.levelsWithoutCorrection, 1)
        XCTAssertEqual(script.search.counters.thoughtsCorrected, 0)
        try script.write("g h i j")
        try script.score(0.75, 0.125, 0.125, 0.125)
        XCTAssertEqual(script.requests, ["c target 0"])
    }

    func testAuditsWriteWhatMayBeSkippedAndCountWhetherThatWasWrong() throws {
        for (score, hits) in [(Float(0.96), 0), (0.98, 1)] {
            var script = try SearchScript(.selective, width: 2, beams: 1, theta: 0.5, memory: memory) {
                ($0.epsilon, $0.margin, $0.auditRate, $0.plausibility) = (0.1, 0, 1, 0)
            }
            try script.write("a b")
            try script.score(0.5, 0.25)
            try script.write("c d e f")
            try script.score(0.97, 0.125, 0.125, 0.125)
            XCTAssertEqual(script.requests, ["a target 0"])
            try script.write("g")
            try script.score(score)
            XCTAssertEqual(script.search.counters.levelsAudited, 1)
            XCTAssertEqual(script.search.counters.auditsHit, hits)
            XCTAssertEqual(script.requests.first, hits == 1 ? "g draft 0" : "c draft 0")
        }
    }

    func testTreesOfDVTSSkipEachForItself() throws {
        var script = try SearchScript(.selective, .dvts, width: 2, beams: 2, theta: 0.5, memory: memory) {
            ($0.epsilon, $0.margin, $0.auditRate, $0.plausibility) = (0.1, 0, 1e-9, 0)
        }
        try script.write("a b c d")
        try script.score(0.5, 0, 0.25, 0)
        try script.write("e f g h i j k l")
        try script.score(0.97, 0, 0, 0, 0.5, 0, 0, 0)
        XCTAssertEqual(script.requests, ["c target 0"])
    }

    func testMemoryLetsTheFirstLevelBeDrafted() throws {
        var script = try SearchScript(.selective, width: 2, beams: 1, theta: 0.5)
        XCTAssertEqual(script.requests.first, "- target 0")
        try script.write("! a")
        try script.score(1, 0.5)
        let careful = try SearchScript(.selective, width: 2, beams: 1, theta: 0.5, memory: script.search.memory)
        XCTAssertEqual(
            careful.requests, (0..<2).map { "- target \($0)" }, "unless told, the first level is the target's")
        let next = try SearchScript(.selective, width: 2, beams: 1, theta: 0.5, memory: script.search.memory) {
            $0.draftsFirstLevel = true
        }
        XCTAssertEqual(next.requests, (0..<4).map { "- draft \($0)" })
        XCTAssertEqual(next.search.memory.questions, 2)
    }

    // MARK: The guarantee

    /// What a level of b = 2 from one path of N = 6 comes to with every correction, and whether `selective` would have
    /// skipped them, when the target's scores are uniform and F is known from `samples` of them.
    private func isWrong(_ random: inout SeededRandom, _ scores: ScoreDistribution, epsilon: Double) -> Bool? {
        var parameters = SearchParameters()
        (parameters.epsilon, parameters.margin) = (epsilon, 0)
        let accepted = (0..<Int.random(in: 2...5, using: &random)).map { _ in Float.random(in: 0.5...1, using: &random)
        }
        let missing = 6 - accepted.count
        let outlook = Outlook(
            candidates: accepted.enumerated().map { .judged($0.offset, $0.element) }, places: 2, threshold: 0,
            slots: [.init(missing: missing, known: 0)], { scores.share(atMost: $0, depth: 1) }, parameters)
        guard outlook.isSkippable else { return nil }
        let corrections = (0..<missing).map { _ in Float.random(in: 0...1, using: &random) }
        return outlook.isBeaten(by: corrections.max())
    }

    func testSkippedLevelsKeepTheirBestWithTheProbabilityPromised() throws {
        for epsilon in [0.05, 0.1, 0.3] {
            var random = SeededRandom(seed: 7)
            var (skipped, wrong) = (0, 0)
            for _ in 0..<400 {
                var scores = ScoreDistribution()
                for _ in 0..<200 { scores.add(Float.random(in: 0...1, using: &random), depth: 1, weight: 1) }
                for _ in 0..<100 {
                    guard let isWrong = isWrong(&random, scores, epsilon: epsilon) else { continue }
                    skipped += 1
                    wrong += isWrong ? 1 : 0
                }
            }
            XCTAssertGreaterThan(skipped, 1000, "ε = \(epsilon)")
            let rate = Double(wrong) / Double(skipped)
            let error = (epsilon * (1 - epsilon) / Double(skipped)).squareRoot()
            XCTAssertLessThan(rate, epsilon + 4 * error, "ε = \(epsilon)")
            XCTAssertGreaterThan(rate, epsilon / 8, "the rule skips hardly anything it might")
        }
    }
}

extension Thought {
    /// A draft with a value.
    static func judged(_ id: Int, _ value: Float) -> Thought {
        var thought = Thought(
            id: id, parent: nil, depth: 1, slot: id, origin: .draft, text: "\(id)", tokens: [], end: .separator,
            meanLogProbability: 0, selfCertainty: nil, isFinal: false, score: value)
        thought.value = value
        return thought
    }
}
