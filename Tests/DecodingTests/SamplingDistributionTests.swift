import Foundation
import TestSupport
import XCTest

@testable import Decoding

/// Judges the sampler by its distribution: χ² tests at a family-wise level of 1 %, with fixed seeds.
///
/// Each claim has its counter-claim: a sampler that is broken on purpose, which the same test must catch.
final class SamplingDistributionTests: XCTestCase {
    #if DEBUG
    private static let samples = 4_000
    #else
    private static let samples = 100_000
    #endif
    /// A level of 1 % for all tests of this class together, of which there are fewer than 50 (Bonferroni).
    private static let level = 0.01 / 50

    private let sampler = Sampler()

    func testSamplesFollowTheDistribution() throws {
        for size in [8, 64] {
            for (number, parameters) in try SamplingTests.parameters().enumerated() {
                let row = SamplingReference.logits(size, seed: UInt64(number + size))
                let counts = try count(size) { try self.token(row, parameters, position: $0, seed: UInt64(number)) }
                let probabilities = SamplingReference.probabilities(row, parameters)
                assertFits(counts, probabilities, "\(size) tokens, \(parameters)")
            }
        }
    }

    func testNoiseOfOneTokenForAllIsCaught() throws {
        try assertCaught { probabilities, stream in
            let noise = TokenNoise(stream).value(of: 0)
            return Self.first(probabilities.map { noise / $0 })
        }
    }

    func testRaceWithTheLogarithmOfTheComplementIsCaught() throws {
        try assertCaught { probabilities, stream in
            let noise = TokenNoise(stream)
            return Self.first(probabilities.indices.map { noise.value(of: $0) / -log(1 - probabilities[$0]) })
        }
    }

    func testUniformNoiseInPlaceOfExponentialIsCaught() throws {
        try assertCaught { probabilities, stream in
            Self.first(probabilities.indices.map { stream.uniform($0) / probabilities[$0] })
        }
    }

    func testNoiseThatForgetsTheMinimumOfItsGroupIsCaught() throws {
        try assertCaught { probabilities, stream in
            let group = TokenNoise(stream).groups(pair: 0).even
            return Self.first(
                probabilities.indices.map { token in
                    (token == group.leader ? group.minimum : -log(stream.uniform(token))) / probabilities[token]
                })
        }
    }

    func testTemperatureAfterTheFiltersIsCaught() throws {
        let row = SamplingReference.logits(64, seed: 70)
        let asked = try SamplingParameters(temperature: 2, topP: 0.8)
        let filtered = SamplingReference.probabilities(row, try SamplingParameters(topP: 0.8))
        let wrong = row.indices.map { filtered[$0] > 0 ? row[$0] : -.infinity }
        let hot = try SamplingParameters(temperature: 2)
        let counts = try count(64) { try self.token(wrong, hot, position: $0, seed: 1) }
        let test = ChiSquare(observed: counts, probabilities: SamplingReference.probabilities(row, asked))
        XCTAssertLessThan(test.pValue, 1e-9)
    }

    func testThreePositionsAreIndependent() throws {
        try assertIndependent { source, number in
            (0..<3).map { source.stream(branch: .root, position: 3 * number + $0, purpose: .choice) }
        }
    }

    func testOverlappingWindowsOfPositionsAreIndependent() throws {
        try assertIndependent { source, number in
            (0..<3).map { source.stream(branch: .root, position: number + $0, purpose: .choice) }
        }
    }

    func testBranchesAreIndependentOfSiblingsCorrectionsAndParents() throws {
        try assertIndependent { source, number in
            let parent = BranchKey.root.child(slot: number, origin: .draft)
            let branches = [parent, parent.child(slot: 0, origin: .draft), parent.child(slot: 0, origin: .target)]
            return branches.map { source.stream(branch: $0, position: 9, purpose: .choice) }
        }
        try assertIndependent { source, number in
            let parent = BranchKey.root.child(slot: number, origin: .target)
            return (0..<3).map { slot in
                source.stream(branch: parent.child(slot: slot, origin: .draft), position: 9, purpose: .choice)
            }
        }
    }

    func testPurposesAreIndependent() throws {
        try assertIndependent { source, number in
            [.choice, .residual, .audit].map { source.stream(branch: .root, position: number, purpose: $0) }
        }
    }

    func testSeedsAreIndependent() throws {
        try assertIndependent { _, number in
            (0..<3).map { seed in
                RandomSource(seed: seed).stream(branch: .root, position: number, purpose: .choice)
            }
        }
    }

    func testADrawSharedByTwoPlacesIsCaught() throws {
        let test = try jointTest { source, number in
            let stream = source.stream(branch: .root, position: number, purpose: .choice)
            return [stream, stream, source.stream(branch: .root, position: number, purpose: .residual)]
        }
        XCTAssertLessThan(test.pValue, 1e-9)
    }

    func testAcceptanceIsIndependentOfTheChoiceUnlessTheyShareADraw() throws {
        let separate = try acceptanceTest(purpose: .acceptance)
        XCTAssertGreaterThan(separate.pValue, Self.level)
        let shared = try acceptanceTest(purpose: .choice)
        XCTAssertLessThan(shared.pValue, 1e-9)
    }

    /// Draft and target choose the same token i iff E_j ≥ E_i · max(p_j / p_i, q_j / q_i) for all j, which has the
    /// probability 1 / Σ_j max(p_j / p_i, q_j / q_i).
    func testDraftAndTargetAgreeAsOftenAsSharedNoiseLetsThem() throws {
        for (size, change, seed) in [(8, 0.5, 1), (64, 0.5, 2), (64, 1.5, 3), (300, 1, 4)] as [(Int, Float, UInt64)] {
            let target = SamplingReference.logits(size, seed: seed)
            let noise = SamplingReference.logits(size, seed: seed + 100)
            let draft = target.indices.map { target[$0] + change * noise[$0] / 2 }
            let parameters = try SamplingParameters()
            let p = SamplingReference.probabilities(target, parameters)
            let q = SamplingReference.probabilities(draft, parameters)
            var agreements = 0
            for position in 0..<Self.samples {
                let proposal = try token(draft, parameters, position: position, seed: seed)
                agreements += try token(target, parameters, position: position, seed: seed) == proposal ? 1 : 0
            }
            let rate = Double(agreements) / Double(Self.samples)
            var expected = 0.0
            for i in p.indices {
                let ratios = p.indices.map { j in max(p[j] / p[i], q[j] / q[i]) }
                expected += 1 / ratios.reduce(0, +)
            }
            let deviation = (expected * (1 - expected) / Double(Self.samples)).squareRoot()
            XCTAssertEqual(rate, expected, accuracy: 4 * deviation)
            let overlap = zip(p, q).map { min($0, $1) }.reduce(0, +)
            XCTAssertLessThan(expected, overlap)
            XCTAssertGreaterThan(expected, overlap / (2 - overlap), "the bound (1 − D) / (1 + D) of Daliri et al.")
        }
    }

    private func token(
        _ row: [Float], _ parameters: SamplingParameters, position: Int, seed: UInt64
    ) throws -> Int {
        let stream = RandomSource(seed: seed).stream(branch: .root, position: position, purpose: .choice)
        return try row.withUnsafeBufferPointer {
            try sampler.token(logits: $0, parameters: parameters, stream: stream)
        }
    }

    private func count(_ size: Int, _ draw: (Int) throws -> Int) rethrows -> [Int] {
        var counts = [Int](repeating: 0, count: size)
        for position in 0..<Self.samples { counts[try draw(position)] += 1 }
        return counts
    }

    private func assertFits(_ counts: [Int], _ probabilities: [Double], _ what: String) {
        let test = ChiSquare(observed: counts, probabilities: probabilities)
        XCTAssertGreaterThan(test.pValue, Self.level, "\(what): χ² \(test.statistic) of \(test.degreesOfFreedom)")
    }

    /// A broken sampler fails the test that the real one passes with the same row.
    private func assertCaught(_ broken: ([Double], RandomStream) -> Int) throws {
        let row = SamplingReference.logits(8, seed: 12, spread: 1)
        let probabilities = SamplingReference.probabilities(row, try SamplingParameters())
        let source = RandomSource(seed: 6)
        let counts = count(8) { broken(probabilities, source.stream(branch: .root, position: $0, purpose: .choice)) }
        XCTAssertLessThan(ChiSquare(observed: counts, probabilities: probabilities).pValue, 1e-9)
        let sound = count(8) {
            SamplingReference.token(probabilities, source.stream(branch: .root, position: $0, purpose: .choice))
        }
        assertFits(sound, probabilities, "the plain sampler")
    }

    private static func first(_ times: [Double]) -> Int { times.indices.min { times[$0] < times[$1] }! }

    /// Three draws of four tokens each, against the product of their distributions.
    private func jointTest(_ streams: (RandomSource, Int) -> [RandomStream]) throws -> ChiSquare {
        let row: [Float] = [0.5, -0.25, 0, 1]
        let parameters = try SamplingParameters()
        let p = SamplingReference.probabilities(row, parameters)
        var counts = [Int](repeating: 0, count: 64)
        for number in 0..<Self.samples {
            var cell = 0
            for stream in streams(RandomSource(seed: 21), number) {
                cell = try row.withUnsafeBufferPointer {
                    try 4 * cell + sampler.token(logits: $0, parameters: parameters, stream: stream)
                }
            }
            counts[cell] += 1
        }
        let cells = p.flatMap { first in p.flatMap { second in p.map { first * second * $0 } } }
        return ChiSquare(observed: counts, probabilities: cells)
    }

    private func assertIndependent(_ streams: (RandomSource, Int) -> [RandomStream]) throws {
        let test = try jointTest(streams)
        XCTAssertGreaterThan(test.pValue, Self.level, "χ² \(test.statistic) of \(test.degreesOfFreedom)")
    }

    /// The chosen token jointly with the quarter in which an acceptance draw falls.
    private func acceptanceTest(purpose: RandomSource.Purpose) throws -> ChiSquare {
        let row: [Float] = [0.5, -0.25, 0, 1]
        let p = SamplingReference.probabilities(row, try SamplingParameters())
        let source = RandomSource(seed: 33)
        let counts = try count(16) { position in
            let chosen = try token(row, SamplingParameters(), position: position, seed: 33)
            let uniform = source.stream(branch: .root, position: position, purpose: purpose).uniform(0)
            return 4 * chosen + Int(uniform * 4)
        }
        let cells = p.flatMap { [Double](repeating: $0 / 4, count: 4) }
        return ChiSquare(observed: counts, probabilities: cells)
    }
}
