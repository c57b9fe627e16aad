import CacheTree
import Compute
import Foundation
import TestSupport
import Transformer
import XCTest

@testable import Decoding

/// What the target thinks of texts that others wrote, beside plain sums in double precision.
final class ReadingTests: XCTestCase {
    private let path: [Int32] = (0..<40).map { Int32($0 * 29 % 90) }

    private func scheduler(_ model: LanguageModel, rowsPerPass: Int) throws -> Scheduler {
        try Scheduler(
            target: model, tokenizer: nil, thread: ComputeThread(threads: 2), limits: .init(rowsPerPass: rowsPerPass))
    }

    /// What a row says of a token: ln p, the share of the largest probability, and p after a temperature and top-k.
    private func expected(
        _ logits: [Float], _ token: Int, temperature: Double, topK: Int
    ) -> (logProbability: Double, plausibility: Double, drawn: Double, certainty: Double) {
        let values = logits.map { Double($0) }
        let largest = values.max() ?? 0
        let sum = values.reduce(0) { $0 + exp($1 - largest) }
        let kept = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }.prefix(topK)
        let weight = { (index: Int) in exp((values[index] - largest) / temperature) }
        let drawn = kept.contains(token) ? weight(token) / kept.reduce(0) { $0 + weight($1) } : 0
        let surprises = values.map { largest + log(sum) - $0 - log(Double(values.count)) }
        return (
            values[token] - largest - log(sum), exp(values[token] - largest), drawn,
            surprises.reduce(0, +) / Double(values.count)
        )
    }

    func testReadsWhatPlainSumsSayHoweverPassesAreCut() async throws {
        let model = try LanguageModel(contentsOf: TinyModels.folder("qwen3-single"))
        let width = model.configuration.outputWidth
        let sampling = try SamplingParameters(temperature: 0.5, topK: 12)
        let logits = PathRunner(model, arithmetic: Arithmetic(team: ThreadTeam(threads: 1))).append(path)
        for (rowsPerPass, count) in [(256, 5), (256, 39), (16, 5), (16, 15), (16, 16), (16, 39), (17, 33)] {
            let scheduler = try scheduler(model, rowsPerPass: rowsPerPass)
            let end = try await scheduler.open(path)
            let passage = Scheduler.Passage(end: end, tokens: count, sampling: sampling, textStart: 0)
            let result = try await scheduler.read([passage])
            let reading = result.readings[0]
            XCTAssertEqual(reading.logProbabilities.count, count)
            var impossible = 0
            for (place, depth) in (path.count - count..<path.count).enumerated() {
                let row = Array(logits[(depth - 1) * width..<depth * width])
                let (logProbability, plausibility, drawn, certainty) = expected(
                    row, Int(path[depth]), temperature: 0.5, topK: 12)
                XCTAssertEqual(Double(reading.certainties[place]), certainty, accuracy: 1e-4)
                XCTAssertGreaterThan(certainty, 1e-3)
                XCTAssertEqual(Double(reading.logProbabilities[place]), logProbability, accuracy: 1e-4)
                XCTAssertEqual(Double(reading.plausibilities[place]), plausibility, accuracy: 1e-4)
                XCTAssertEqual(reading.drawProbabilities[place], drawn, accuracy: 1e-4)
                impossible += drawn == 0 ? 1 : 0
            }
            if count == 39 { XCTAssertTrue((1..<39).contains(impossible), "top-k decides nothing") }
            XCTAssertGreaterThanOrEqual(result.counters.targetRows, path.count)
            // What was read once is known: only the rows of the outputs are computed again.
            let again = try await scheduler.read([passage])
            XCTAssertEqual(again.readings, result.readings)
            XCTAssertLessThanOrEqual(again.counters.targetRows, count + 1 + count / (rowsPerPass - 1))
            await scheduler.release([end])
            let memory = await scheduler.memory
            XCTAssertEqual(memory.bytesInUse, 0)
        }
    }

    func testWritingMeasuresTheCertaintyThatReadingFinds() async throws {
        let model = try LanguageModel(contentsOf: TinyModels.folder("qwen3-single"))
        let scheduler = try scheduler(model, rowsPerPass: 64)
        let start = try await scheduler.open(path)
        let sampling = try SamplingParameters(temperature: 0.7, seed: 3)
        var request = GenerationRequest(start: start, sampling: sampling, stop: StopRule(endTokens: [], maxTokens: 12))
        let silent = try await scheduler.generate([request]).generated[0]
        XCTAssertEqual(silent.certainties, [])
        request.measuresCertainty = true
        for drafters in [Set<Drafter>(), [.ngrams]] {
            (request.drafters, request.draftLength) = (drafters, drafters.isEmpty ? 0 : 4)
            let written = try await scheduler.generate([request]).generated[0]
            XCTAssertEqual(written.tokens, silent.tokens)
            let passage = Scheduler.Passage(end: written.node, tokens: 12, sampling: sampling, textStart: path.count)
            let reading = try await scheduler.read([passage]).readings[0]
            XCTAssertEqual(written.certainties, reading.certainties)
        }
    }

    func testCertaintyOfAForbiddenTokenIsInfinite() throws {
        let certainty = { (row: [Float]) in
            try row.withUnsafeBufferPointer { try Sampler().certainty($0) }
        }
        XCTAssertEqual(try certainty([Float](repeating: 3, count: 11)), 0, accuracy: 1e-6)
        XCTAssertEqual(try certainty([0, -.infinity]), .infinity)
        XCTAssertThrowsError(try certainty([0, .nan]))
    }

    func testPenaltiesLookAtEachTokensOwnPast() async throws {
        let model = try LanguageModel(contentsOf: TinyModels.folder("qwen3-single"))
        let width = model.configuration.outputWidth
        let text: [Int32] = [3, 7, 7, 3, 7]
        let sampling = try SamplingParameters(presencePenalty: 0.5, frequencyPenalty: 0.25)
        let scheduler = try scheduler(model, rowsPerPass: 64)
        let end = try await scheduler.open([7, 1] + text)
        let reading = try await scheduler.read(
            [.init(end: end, tokens: 5, sampling: sampling, textStart: 2)]
        ).readings[0]
        let logits = PathRunner(model, arithmetic: Arithmetic(team: ThreadTeam(threads: 1))).append([7, 1] + text)
        for (place, token) in text.enumerated() {
            var values = logits[(place + 1) * width..<(place + 2) * width].map { Double($0) }
            for past in Set(text[..<place]) {
                values[Int(past)] -= 0.5 + 0.25 * Double(text[..<place].count { $0 == past })
            }
            let sum = values.reduce(0) { $0 + exp($1) }
            XCTAssertEqual(reading.drawProbabilities[place], exp(values[Int(token)]) / sum, accuracy: 1e-4)
        }
        await scheduler.release([end])
    }
}
