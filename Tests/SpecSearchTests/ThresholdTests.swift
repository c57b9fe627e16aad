import SpecSearch
import XCTest

final class ThresholdTests: XCTestCase {
    func testFollowsTheRecursionOfThePaper() {
        var threshold = Threshold(theta: 0.9, best: 0.5)
        XCTAssertEqual(threshold.value, 0.45, accuracy: 1e-12)
        threshold.update(best: 0.75)
        XCTAssertEqual(threshold.value, 0.9 * 0.45 + 0.1 * 0.75, accuracy: 1e-12)
        threshold.update(best: 0.25)
        XCTAssertEqual(threshold.value, 0.9 * (0.9 * 0.45 + 0.1 * 0.75) + 0.1 * 0.25, accuracy: 1e-12)
    }

    func testConvergesToAConstantBestScoreAsTheClosedFormSays() {
        var threshold = Threshold(theta: 0.9, best: 0.5)
        for level in 1...20 {
            XCTAssertEqual(threshold.value, 0.5 * (1 - 0.1 * power(0.9, level - 1)), accuracy: 1e-12)
            threshold.update(best: 0.5)
        }
    }

    func testAcceptsAScoreThatIsEqual() {
        let threshold = Threshold(theta: 1, best: 0.7)
        XCTAssertTrue(threshold.accepts(0.7))
        XCTAssertTrue(threshold.accepts(Float(0.7).nextUp))
        XCTAssertFalse(threshold.accepts(Float(0.7).nextDown))
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { value, _ in value * base }
    }
}
