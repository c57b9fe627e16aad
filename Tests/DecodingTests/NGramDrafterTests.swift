import XCTest

@testable import Decoding

final class NGramDrafterTests: XCTestCase {
    private func proposals(_ path: [Int32], _ others: [[Int32]] = [], _ count: Int = 4) -> [Int32] {
        NGramDrafter(path, others: others).proposals(count)
    }

    func testWhatFollowedTheLastTokensIsProposed() {
        XCTAssertEqual(proposals([1, 2, 3, 4, 5, 6, 1, 2]), [3, 4, 5, 6])
        XCTAssertEqual(proposals([1, 2, 3, 4, 5, 6, 1, 2], [], 2), [3, 4])
        XCTAssertEqual(proposals([1, 2, 3, 4, 5, 6, 1, 2], [], 0), [])
    }

    func testOneTokenAgreesByChance() {
        XCTAssertEqual(proposals([1, 2, 3, 9, 2]), [])
        XCTAssertEqual(proposals([]), [])
        XCTAssertEqual(proposals([7]), [])
    }

    func testTheLongestAgreementWinsAndThenTheLatest() {
        XCTAssertEqual(proposals([9, 1, 2, 5, 1, 2, 6, 9, 1, 2], [], 1), [5])
        XCTAssertEqual(proposals([9, 1, 2, 5, 8, 1, 2, 6, 7, 1, 2], [], 1), [6])
    }

    func testARepetitionGoesOnWithItself() {
        XCTAssertEqual(proposals([4, 5, 4, 5], [], 5), [4, 5, 4, 5, 4])
        XCTAssertEqual(proposals([4, 4, 4], [], 3), [4, 4, 4])
    }

    func testOtherTextsAreReadToTheirEnd() {
        XCTAssertEqual(proposals([8, 1, 2], [[0, 1, 2, 3]]), [3])
        XCTAssertEqual(proposals([8, 1, 2], [[0, 1, 2]]), [])
        XCTAssertEqual(proposals([1, 2, 7, 1, 2], [[1, 2, 3]], 1), [7], "the path comes first")
        XCTAssertEqual(
            proposals([0, 1, 2, 7, 5, 1, 2], [[5, 1, 2, 3]], 1), [3], "unless another text agrees for longer")
    }
}
