import Foundation
import TestSupport
import XCTest

@testable import Decoding

/// Holds the sampler against a plain one, token for token, and at its edges.
final class SamplingTests: XCTestCase {
    private let sampler = Sampler()

    func testGreedyTakesTheLargestLogitAndTheLowestOfEquals() throws {
        XCTAssertEqual(try token([1, 3, 2], .greedy), 1)
        XCTAssertEqual(try token([1, 3, 3, 3], .greedy), 1)
        XCTAssertEqual(try token([-0.0, 0, 0], .greedy), 0)
        XCTAssertEqual(try token([0, -0.0], .greedy), 0)
        XCTAssertEqual(try token([-.infinity, -5], .greedy), 1)
        XCTAssertEqual(try token([7], .greedy), 0)
        var row = [Float](repeating: -1, count: 1000)
        row[999] = 2
        XCTAssertEqual(try token(row, .greedy), 999)
        row[130] = 2
        XCTAssertEqual(try token(row, .greedy), 130)
    }

    func testGreedyDoesNotDependOnTheStream() throws {
        let row = SamplingReference.logits(300, seed: 1)
        let tokens = try Set((0..<50).map { try token(row, .greedy, position: $0) })
        XCTAssertEqual(tokens.count, 1)
    }

    func testEveryChoiceIsThatOfThePlainSampler() throws {
        let sizes = [1, 2, 63, 64, 65, 127, 129, 504, 1000]
        for (number, size) in sizes.enumerated() {
            for (spread, parameters) in zip([0, 0.3, 2, 5, 2, 2, 2, 5, 2, 2] as [Float], try Self.parameters()) {
                let row = SamplingReference.logits(size, seed: UInt64(number), spread: spread)
                let probabilities = SamplingReference.probabilities(row, parameters)
                for position in 0..<8 {
                    let expected = SamplingReference.token(probabilities, stream(position))
                    XCTAssertEqual(
                        try token(row, parameters, position: position), expected,
                        "\(size) tokens of spread \(spread) with \(parameters) at position \(position)")
                }
            }
        }
    }

    /// transformers' RepetitionPenaltyLogitsProcessor, and presence and frequency as OpenAI documents them.
    func testPenaltiesChangeTheLogitsOfWhatWasSaid() throws {
        let parameters = try SamplingParameters(
            repetitionPenalty: 2, presencePenalty: 0.5, frequencyPenalty: 0.25)
        var history = TokenHistory(path: [0, 1, 2, 2, 3, 3], textStart: 4)
        var row: [Float] = [3, -3, 1, 2, 5, -.infinity]
        row.withUnsafeMutableBufferPointer { history.penalize($0, parameters) }
        XCTAssertEqual(row, [1.5, -6, 0.5, 1 - 2 * 0.25 - 0.5, 5, -.infinity])
        history.append(5)
        history.append(4)
        history.remove(4)
        row = [0, 0, 0, 0, 5, -.infinity]
        row.withUnsafeMutableBufferPointer { history.penalize($0, parameters) }
        XCTAssertEqual(row, [0, 0, 0, -1, 5, -.infinity], "what was taken back is forgotten")
    }

    func testPenaltiesDecideButTheLogProbabilityIsTheModelsOwn() throws {
        let row: [Float] = [2, 1.5, 0]
        let parameters = try SamplingParameters(temperature: 0, presencePenalty: 1)
        let history = TokenHistory(path: [0], textStart: 0)
        let choice = try row.withUnsafeBufferPointer {
            try sampler.choose(logits: $0, parameters: parameters, stream: stream(0), history: history)
        }
        XCTAssertEqual(choice.token, 1)
        let sum = row.reduce(0) { $0 + exp(Double($1)) }
        XCTAssertEqual(Double(choice.logProbability), 1.5 - log(sum), accuracy: 1e-6)
    }

    func testTheDistributionIsThatOfThePlainSamplerAndDrawsTheSameTokens() throws {
        for (number, parameters) in try Self.parameters().enumerated() {
            let row = SamplingReference.logits(200, seed: UInt64(number))
            let distribution = try row.withUnsafeBufferPointer {
                try sampler.distribution(logits: $0, parameters: parameters)
            }
            let expected = SamplingReference.probabilities(row, parameters)
            for token in row.indices {
                XCTAssertEqual(distribution[token], expected[token], accuracy: 1e-12)
            }
            for position in 0..<20 where !parameters.isGreedy {
                XCTAssertEqual(distribution.draw(stream(position)), try token(row, parameters, position: position))
            }
        }
    }

    func testALargeVocabularyIsSampledAsThePlainSamplerDoes() throws {
        let row = SamplingReference.logits(151_936, seed: 3, spread: 3)
        for parameters in try [SamplingParameters(), .init(temperature: 0.6, topK: 20, topP: 0.95), .init(topP: 0.9)] {
            let probabilities = SamplingReference.probabilities(row, parameters)
            XCTAssertEqual(try token(row, parameters), SamplingReference.token(probabilities, stream(0)))
        }
    }

    func testChoicesAreTheSameBitsOnEveryMachine() throws {
        let row = SamplingReference.logits(504, seed: 9)
        let tokens = try (0..<16).map { try token(row, SamplingParameters(), position: $0) }
        XCTAssertEqual(tokens, Self.golden)
        let sum = try (0..<16).reduce(0 as UInt32) { try $0 &+ choose(row, $1).logProbability.bitPattern }
        XCTAssertEqual(sum, Self.goldenLogProbabilities)
    }

    func testAChoiceDoesNotDependOnEarlierOnes() throws {
        let rows = (0..<20).map { SamplingReference.logits([504, 64, 2000][$0 % 3], seed: UInt64($0)) }
        let parameters = try SamplingParameters(topK: 30, topP: 0.9)
        let forwards = try rows.indices.map { try token(rows[$0], parameters, position: $0) }
        let backwards = try rows.indices.reversed().map { try token(rows[$0], parameters, position: $0) }
        XCTAssertEqual(forwards, backwards.reversed())
        let fresh = try rows.indices.map { index in
            try rows[index].withUnsafeBufferPointer {
                try Sampler().token(logits: $0, parameters: parameters, stream: stream(index))
            }
        }
        XCTAssertEqual(forwards, fresh)
    }

    func testPaddingOfTheVocabularyChangesNothing() throws {
        let row = SamplingReference.logits(150, seed: 4)
        let padded = row + [Float](repeating: -.infinity, count: 77)
        for position in 0..<200 {
            XCTAssertEqual(
                try token(row, SamplingParameters(), position: position),
                try token(padded, SamplingParameters(), position: position))
        }
    }

    func testTopKKeepsExactlyKAndOfEqualsTheLowest() throws {
        XCTAssertEqual(try support([1, 1, 1, 1, 1], SamplingParameters(topK: 3)), [0, 1, 2])
        XCTAssertEqual(try support([0, 2, 1, 2, 1, 2], SamplingParameters(topK: 4)), [1, 2, 3, 5])
        XCTAssertEqual(try support([0, 1], SamplingParameters(topK: 9)), [0, 1])
        XCTAssertEqual(try support([0, -0.0, 0, -0.0], SamplingParameters(topK: 2)), [0, 1])
        let flat = [Float](repeating: -0.0, count: 500)
        XCTAssertEqual(try support(flat, SamplingParameters(topK: 7)), Array(0..<7))
        XCTAssertEqual(try support(flat, SamplingParameters(topK: 300)), Array(0..<300))
    }

    func testTopPKeepsTheSmallestSetWithTheMass() throws {
        XCTAssertEqual(try support([Float](repeating: 3, count: 10), SamplingParameters(topP: 0.9)), Array(0..<9))
        XCTAssertEqual(try support([Float](repeating: 3, count: 10), SamplingParameters(topP: 0.91)), Array(0..<10))
        let row = [0.1, 0.2, 0.4, 0.3].map { Float(log($0)) }
        XCTAssertEqual(try support(row, SamplingParameters(topP: 0.69)), [2, 3])
        XCTAssertEqual(try support(row, SamplingParameters(topP: 0.71)), [1, 2, 3])
        XCTAssertEqual(try support(row, SamplingParameters(topP: 0)), [2])
        // After top-k the mass is that of the tokens which top-k left: 4/9 and 7/9.
        XCTAssertEqual(try support(row, SamplingParameters(topK: 3, topP: 0.75)), [2, 3])
    }

    func testMinPKeepsTokensWithAShareOfTheLargestProbability() throws {
        let row: [Float] = [0, -1, -2, -3, 0]
        XCTAssertEqual(try support(row, SamplingParameters(minP: 0.37)), [0, 4])
        XCTAssertEqual(try support(row, SamplingParameters(minP: 0.36)), [0, 1, 4])
        XCTAssertEqual(try support(row, SamplingParameters(minP: 1)), [0, 4])
        XCTAssertEqual(try support(row, SamplingParameters(temperature: 2, minP: 0.36)), [0, 1, 2, 4])
    }

    func testForbiddenTokensAreNeverChosen() throws {
        let row: [Float] = [-.infinity, 0, -.infinity, 0]
        for parameters in try [SamplingParameters(), .init(temperature: 1000), .init(topK: 3), .init(topP: 0.999_999)] {
            XCTAssertEqual(try support(row, parameters), [1, 3])
            let tokens = try Set((0..<200).map { try token(row, parameters, position: $0) })
            XCTAssertEqual(tokens, [1, 3])
        }
    }

    func testExtremeTemperaturesAndLogitsAreSampled() throws {
        let row: [Float] = [3e38, -3e38, 2.9e38, 3e38]
        for temperature in [Double.leastNonzeroMagnitude, 1e-40, 1e-3, 1, 1000] {
            let parameters = try SamplingParameters(temperature: temperature)
            let tokens = try Set((0..<200).map { try token(row, parameters, position: $0) })
            XCTAssertEqual(tokens, [0, 3], "temperature \(temperature)")
        }
    }

    func testLogProbabilityIsThatOfTheRawLogits() throws {
        for (size, spread) in [(1, 1), (65, 2), (504, 0.01), (504, 30), (20_000, 3)] as [(Int, Float)] {
            let row = SamplingReference.logits(size, seed: 8, spread: spread)
            let largest = Double(row.max()!)
            let sum = row.reduce(0) { $0 + exp(Double($1) - largest) }
            let choice = try choose(row, 0, SamplingParameters(temperature: 2, topK: 50))
            XCTAssertEqual(
                Double(choice.logProbability), Double(row[choice.token]) - largest - log(sum), accuracy: 2e-6)
        }
    }

    func testRowsWithoutMeaningAreRefused() throws {
        let parameters = try [SamplingParameters.greedy, SamplingParameters()]
        for parameters in parameters {
            for nan in [Float.nan, -Float.nan, Float(bitPattern: 0xFFFF_FFFF), Float(bitPattern: 0x7F80_0001)] {
                var row = [Float](repeating: 1, count: 100)
                row[70] = nan
                assertThrows(row, parameters, .notANumber(token: 70))
            }
            assertThrows([0, .infinity, 1], parameters, .infinite(token: 1))
            assertThrows([-.infinity, -.infinity], parameters, .nothingAllowed(vocabularySize: 2))
        }
    }

    func testParametersOutsideTheirRangeAreRefused() throws {
        for value in [-0.1, 1000.1, .nan, .infinity] {
            assertRefused("temperature", value) { () throws(SamplingError) in try .init(temperature: value) }
        }
        for value in [-0.1, 1.1, .nan, .infinity] {
            assertRefused("topP", value) { () throws(SamplingError) in try .init(topP: value) }
            assertRefused("minP", value) { () throws(SamplingError) in try .init(minP: value) }
        }
        for value in [0.001, -1, 101, .nan] {
            assertRefused("repetitionPenalty", value) { () throws(SamplingError) in try .init(repetitionPenalty: value)
            }
        }
        for value in [-101, 101, .nan] {
            assertRefused("presencePenalty", value) { () throws(SamplingError) in try .init(presencePenalty: value) }
            assertRefused("frequencyPenalty", value) { () throws(SamplingError) in try .init(frequencyPenalty: value) }
        }
        assertRefused("topK", -1) { () throws(SamplingError) in try .init(topK: -1) }
        _ = try SamplingParameters(temperature: 0, topK: .max, topP: 0, minP: 1, seed: .max)
    }

    func testExcessIsTheNormalisedPositivePart() throws {
        let left = TokenDistribution(weights: [5, 3, 2])
        let right = TokenDistribution(weights: [2, 3, 5])
        let excess = try XCTUnwrap(left.excess(over: right))
        XCTAssertEqual(excess.probabilities, [1, 0, 0])
        XCTAssertNil(left.excess(over: left))
        let shorter = TokenDistribution(weights: [1, 1])
        XCTAssertEqual(try XCTUnwrap(left.excess(over: shorter)).probabilities, [0, 0, 1])
    }

    static func parameters() throws -> [SamplingParameters] {
        try [
            .init(), .init(temperature: 0.7), .init(temperature: 1.5), .init(topK: 5), .init(topP: 0.8),
            .init(minP: 0.1), .init(temperature: 0.6, topK: 20, topP: 0.95),
            .init(temperature: 2, topK: 100, topP: 0.9, minP: 0.02), .init(topP: 0.99, minP: 0.3), .greedy,
        ]
    }

    private static let golden = [176, 363, 412, 317, 363, 73, 363, 226, 42, 501, 413, 226, 333, 317, 58, 445]
    private static let goldenLogProbabilities: UInt32 = 149_367_266

    private func stream(_ position: Int) -> RandomStream {
        RandomSource(seed: 42).stream(branch: .root, position: position, purpose: .choice)
    }

    private func token(_ row: [Float], _ parameters: SamplingParameters, position: Int = 0) throws -> Int {
        try row.withUnsafeBufferPointer {
            try sampler.token(logits: $0, parameters: parameters, stream: stream(position))
        }
    }

    private func choose(
        _ row: [Float], _ position: Int, _ parameters: SamplingParameters? = nil
    ) throws -> Sampler.Choice {
        let parameters = try parameters ?? SamplingParameters()
        return try row.withUnsafeBufferPointer {
            try sampler.choose(logits: $0, parameters: parameters, stream: stream(position))
        }
    }

    /// The tokens that may be drawn.
    private func support(_ row: [Float], _ parameters: SamplingParameters) throws -> [Int] {
        let distribution = try row.withUnsafeBufferPointer {
            try sampler.distribution(logits: $0, parameters: parameters)
        }
        return row.indices.filter { distribution[$0] > 0 }
    }

    private func assertThrows(_ row: [Float], _ parameters: SamplingParameters, _ expected: SamplingError) {
        XCTAssertThrowsError(try token(row, parameters)) { XCTAssertEqual($0 as? SamplingError, expected) }
    }

    private func assertRefused(
        _ name: String, _ value: Double, _ make: () throws(SamplingError) -> SamplingParameters
    ) {
        do throws(SamplingError) {
            _ = try make()
            XCTFail("\(name) \(value) was taken")
        } catch {
            guard case .parameterOutOfRange(name, let found, _) = error else { return XCTFail("\(error)") }
            XCTAssertTrue(found == value || (found.isNaN && value.isNaN))
            XCTAssertTrue(error.description.contains(name))
        }
    }

    func testMostProbableTokensAreTheBestOfTheRow() throws {
        var random = SeededRandom(seed: 5)
        let sampler = Sampler()
        for size in [1, 3, 40, 300] {
            // Few values, so that there are ties.
            let row = (0..<size).map { _ in Float(Int.random(in: 0...9, using: &random)) / 3 }
            let total = row.reduce(0) { $0 + exp(Double($1)) }
            let order = row.indices.sorted { (row[$0], -$0) > (row[$1], -$1) }
            for count in [1, 2, 20] {
                let best = try row.withUnsafeBufferPointer { try sampler.mostProbable($0, count: count) }
                XCTAssertEqual(best.map(\.token), Array(order.prefix(count)))
                for choice in best {
                    XCTAssertEqual(
                        Double(choice.logProbability), Double(row[choice.token]) - log(total), accuracy: 1e-5)
                }
            }
        }
    }
}
