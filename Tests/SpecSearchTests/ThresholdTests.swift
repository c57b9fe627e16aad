import XCTest

@testable import SpecSearch

/// β by depth.
final class ThresholdTests: XCTestCase {
    private func table(_ rule: ThresholdRule = .maximum, theta: Double = 0.9) -> ThresholdTable {
        ThresholdTable(rule: rule, theta: theta)
    }

    func testFollowsTheRecursionOfThePaper() throws {
        var table = table()
        XCTAssertNil(table[1])
        table.update(depth: 1, targets: [0.5, 0.25], candidates: [0.25, 0.5])
        XCTAssertEqual(try XCTUnwrap(table[2]), 0.45, accuracy: 1e-12)
        table.update(depth: 2, targets: [0.25], candidates: [0.25, 0.75])
        XCTAssertEqual(try XCTUnwrap(table[3]), 0.9 * 0.45 + 0.1 * 0.75, accuracy: 1e-12)
        table.update(depth: 3, targets: [], candidates: [0.25])
        XCTAssertEqual(try XCTUnwrap(table[4]), 0.9 * (0.9 * 0.45 + 0.1 * 0.75) + 0.1 * 0.25, accuracy: 1e-12)
    }

    func testConvergesToAConstantBestScoreAsTheClosedFormSays() throws {
        var table = table()
        for level in 1...20 {
            table.update(depth: level, targets: [0.5], candidates: [0.5])
            let expected = 0.5 * (1 - 0.1 * power(0.9, level - 1))
            XCTAssertEqual(try XCTUnwrap(table[level + 1]), expected, accuracy: 1e-12)
        }
    }

    func testDepthThatIsJudgedAgainGoesOnAveraging() throws {
        var table = table(theta: 0.5)
        table.update(depth: 1, targets: [1], candidates: [1])
        table.update(depth: 1, targets: [0], candidates: [0])
        XCTAssertEqual(table[2], 0.25)
        XCTAssertNil(table[3])
    }

    func testNextQuestionBeginsWithWhatTheFirstLevelsSaid() throws {
        var table = table(theta: 0.5)
        table.update(depth: 1, targets: [1], candidates: [1])
        let next = table.forNextQuestion(.maximum, theta: 0.5, level: 0.5)
        XCTAssertEqual(next[1], 0.5)
        XCTAssertEqual(next[2], 0.5)
        XCTAssertNil(table.forNextQuestion(.mean, theta: 0.5, level: 0.5)[2])
    }

    func testMeanMatchedThresholdIsTheLowestThatKeepsTheMean() throws {
        var table = table(.mean, theta: 0.5)
        table.update(depth: 1, targets: [0.75, 0.25], candidates: [0.75, 0.25])
        XCTAssertEqual(table[2], 0.5)
        let cases: [(scores: [Float], threshold: Double)] = [
            ([0.875, 0.25, 0.375, 0.125], 0.25), ([1, 1, 0, 0, 0], 0), ([1, 0.125], 0.125), ([0.4, 0.3], 0.5),
            ([0.5, 0.5], 0.5), ([], 0.5),
        ]
        for (scores, threshold) in cases {
            let drafts = scores.enumerated().map { Thought.judged($0.offset, $0.element) }
            XCTAssertEqual(table.threshold(for: drafts, depth: 2), Double(Float(threshold)), "\(scores)")
        }
        // A level without anything of the target's says nothing of its mean.
        table.update(depth: 2, targets: [], candidates: [1, 1])
        XCTAssertEqual(table[3], 0.5)
        table.update(depth: 3, targets: [0.25], candidates: [1])
        XCTAssertEqual(table[4], 0.375)
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { value, _ in value * base }
    }
}
