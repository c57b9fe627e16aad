import Foundation
import TestSupport
import XCTest

@testable import Decoding

/// Holds the random numbers against published answers, and against what their addresses promise.
final class SamplingRandomTests: XCTestCase {
    /// The vectors of Random123's `kat_vectors` for philox4x32 with ten rounds.
    func testPhiloxGivesThePublishedAnswers() {
        let cases: [(counter: [UInt32], key: UInt64, result: [UInt32])] = [
            ([0, 0, 0, 0], 0, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            (
                [.max, .max, .max, .max], .max,
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], 0x299f_31d0_a409_3822,
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ]
        for (counter, key, result) in cases {
            XCTAssertEqual(Philox.block(block(counter), key: key), block(result))
        }
    }

    func testCounterAndKeyAreLaidOutAsDocumented() {
        let branch = BranchKey.root.child(slot: 3, origin: .target)
        let stream = RandomSource(seed: 0x1234_5678_9ABC_DEF0).stream(branch: branch, position: 77, purpose: .residual)
        let counter = block([
            5, 77 << 8 | 2, UInt32(truncatingIfNeeded: branch.bits), UInt32(truncatingIfNeeded: branch.bits >> 32),
        ])
        let expected = Philox.block(counter, key: 0x1234_5678_9ABC_DEF0)
        XCTAssertEqual(stream.bits(10), UInt64(expected.word1) << 32 | UInt64(expected.word0))
        XCTAssertEqual(stream.bits(11), UInt64(expected.word3) << 32 | UInt64(expected.word2))
    }

    func testUniformNumbersAreNeverNoughtOrOne() {
        XCTAssertEqual(RandomStream.uniform(from: 0), 0x1p-53)
        XCTAssertEqual(RandomStream.uniform(from: .max), 1 - 0x1p-53)
        XCTAssertEqual(RandomStream.uniform(from: 0xFFF), 0x1p-53)
        XCTAssertEqual(RandomStream.uniform(from: 1 << 63), 0.5 + 0x1p-53)
    }

    func testUniformNumbersAreUniform() {
        let stream = RandomSource(seed: 5).stream(branch: .root, position: 0, purpose: .choice)
        var counts = [Int](repeating: 0, count: 128)
        for index in 0..<100_000 { counts[Int(stream.uniform(index) * 128)] += 1 }
        XCTAssertGreaterThan(ChiSquare(observed: counts, probabilities: uniform(128)).pValue, 1e-4)
    }

    func testDifferentAddressesGiveDifferentDraws() {
        var seen: Set<UInt64> = []
        var count = 0
        for seed in [0, 1, UInt64.max] {
            for branch in [BranchKey.root, .root.child(slot: 0, origin: .draft), .root.child(slot: 0, origin: .target)]
            {
                for position in [0, 1, 255, 256, RandomSource.positions - 1] {
                    for purpose in RandomSource.Purpose.allCases {
                        let stream = RandomSource(seed: seed).stream(
                            branch: branch, position: position, purpose: purpose)
                        for index in [0, 1, 2, 3, 1 << 16, 1 << 24, 1 << 32, 1 << 33 - 1] {
                            seen.insert(stream.bits(index))
                            count += 1
                        }
                    }
                }
            }
        }
        XCTAssertEqual(seen.count, count)
    }

    func testBranchesOfASmallTreeHaveKeysOfTheirOwn() {
        var level = [BranchKey.root]
        var seen: Set<BranchKey> = [.root]
        var count = 1
        for _ in 0..<3 {
            level = level.flatMap { parent in
                (0..<12).flatMap { [parent.child(slot: $0, origin: .draft), parent.child(slot: $0, origin: .target)] }
            }
            seen.formUnion(level)
            count += level.count
        }
        XCTAssertEqual(seen.count, count)
    }

    func testBranchKeysDependOnTheOrderOfSlots() {
        let one = BranchKey.root.child(slot: 1, origin: .draft).child(slot: 2, origin: .draft)
        let other = BranchKey.root.child(slot: 2, origin: .draft).child(slot: 1, origin: .draft)
        XCTAssertNotEqual(one, other)
        XCTAssertEqual(one, BranchKey.root.child(slot: 1, origin: .draft).child(slot: 2, origin: .draft))
    }

    func testNoiseIsExponential() {
        var counts = [Int](repeating: 0, count: 50)
        for position in 0..<400 {
            let noise = TokenNoise(stream(position))
            for token in 0..<128 { counts[min(49, Int((1 - exp(-noise.value(of: token))) * 50))] += 1 }
        }
        XCTAssertGreaterThan(ChiSquare(observed: counts, probabilities: uniform(50)).pValue, 1e-4)
    }

    func testNoiseIsIndependentWithinAndBetweenGroups() {
        for (left, right) in [(0, 1), (5, 63), (63, 64), (3, 67), (64, 65)] {
            var counts = [Int](repeating: 0, count: 36)
            for position in 0..<30_000 {
                let noise = TokenNoise(stream(position))
                let row = min(5, Int((1 - exp(-noise.value(of: left))) * 6))
                let column = min(5, Int((1 - exp(-noise.value(of: right))) * 6))
                counts[6 * row + column] += 1
            }
            let test = ChiSquare(observed: counts, probabilities: uniform(36))
            XCTAssertGreaterThan(test.pValue, 1e-4, "tokens \(left) and \(right)")
        }
    }

    func testTheFloorOfAGroupIsBelowItsMinimum() {
        for position in 0..<2000 {
            let noise = TokenNoise(stream(position))
            let (even, odd) = noise.groups(pair: 0)
            for group in [even, odd] {
                XCTAssertLessThanOrEqual(group.floor, group.minimum)
                XCTAssertEqual(noise.value(of: group.leader), group.minimum)
            }
            XCTAssertEqual((0..<64).map { noise.value(of: $0) }.min(), even.minimum)
            XCTAssertEqual((64..<128).map { noise.value(of: $0) }.min(), odd.minimum)
        }
        let extreme = TokenNoise.Group(bits: .max, number: 0)
        XCTAssertLessThanOrEqual(extreme.floor, extreme.minimum)
        XCTAssertGreaterThan(extreme.floor, 0)
    }

    private func stream(_ position: Int) -> RandomStream {
        RandomSource(seed: 11).stream(branch: .root, position: position, purpose: .choice)
    }

    private func uniform(_ cells: Int) -> [Double] { .init(repeating: 1 / Double(cells), count: cells) }

    private func block(_ words: [UInt32]) -> Philox.Block {
        Philox.Block(word0: words[0], word1: words[1], word2: words[2], word3: words[3])
    }
}
