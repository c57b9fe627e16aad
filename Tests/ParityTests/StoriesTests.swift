import Compute
import Foundation
import JSON
import TestSupport
import Transformer
import XCTest

/// A checkpoint that was trained by others, stories260K, tells the story that it tells under `transformers`.
final class StoriesTests: XCTestCase {
    private func folder() throws -> String {
        guard let data = ProcessInfo.processInfo.environment["SPECSEARCH_DATA"] else {
            throw XCTSkip("SPECSEARCH_DATA is not set: its folder stories260K holds the checkpoint")
        }
        return data + "/stories260K"
    }

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    private func goldenTokens() throws -> [Int32] {
        let json = try JSONValue(parsing: try bytes(folder() + "/golden-ids.json"))
        return try XCTUnwrap(json.array).map { Int32(try XCTUnwrap($0.int)) }
    }

    /// The greedy tokens from the first one on, each computed from the path so far.
    private func greedy(_ runner: PathRunner, from first: Int32, count: Int) -> [Int32] {
        var tokens = [first]
        while tokens.count < count {
            let logits = runner.append([tokens[tokens.count - 1]])
            tokens.append(Int32(logits.indices.max { logits[$0] < logits[$1] } ?? 0))
        }
        return tokens
    }

    /// The best token behind every token of a path that is read in one pass.
    private func choices(_ runner: PathRunner, after tokens: [Int32]) -> [Int32] {
        let width = runner.model.configuration.vocabularySize
        let logits = runner.append(tokens)
        return tokens.indices.map { row in
            let row = logits[row * width..<(row + 1) * width]
            return Int32((row.indices.max { row[$0] < row[$1] } ?? row.startIndex) - row.startIndex)
        }
    }

    func testGreedyTokensAreTheGoldenOnes() throws {
        let (folder, golden) = (try folder(), try goldenTokens())
        XCTAssertGreaterThanOrEqual(golden.count, 200)
        let model = try LanguageModel(contentsOf: folder)
        for set in InstructionSet.supported {
            let arithmetic = Arithmetic(instructionSet: set, team: ThreadTeam(threads: 2))
            let found = greedy(
                PathRunner(model, capacity: 512, arithmetic: arithmetic), from: golden[0], count: golden.count)
            XCTAssertEqual(found, golden, "\(set)")
        }
    }

    func testTheStoryReadInOnePassHasTheSameChoices() throws {
        let (folder, golden) = (try folder(), try goldenTokens())
        let model = try LanguageModel(contentsOf: folder)
        let runner = PathRunner(
            model, capacity: 512, arithmetic: Arithmetic(team: ThreadTeam(threads: 2), mode: .init(prefill: .exact)))
        XCTAssertEqual(choices(runner, after: golden).dropLast(), golden.dropFirst())
    }

    func testTheStoryReadThroughBLASHasTheSameChoices() throws {
        let (folder, golden) = (try folder(), try goldenTokens())
        guard BLAS.shared != nil else { throw XCTSkip("no OpenBLAS is installed; Tools/test installs it where it may") }
        let model = try LanguageModel(contentsOf: folder)
        let runner = PathRunner(
            model, capacity: 512, arithmetic: Arithmetic(team: ThreadTeam(threads: 2), mode: .init(prefill: .blas)))
        XCTAssertEqual(choices(runner, after: golden).dropLast(), golden.dropFirst())
    }

    func testTheStoryReadsAsItShould() throws {
        let (folder, golden) = (try folder(), try goldenTokens())
        let model = try LanguageModel(contentsOf: folder)
        let runner = PathRunner(model, capacity: 512, arithmetic: Arithmetic(team: ThreadTeam(threads: 2)))
        let pieces = try vocabulary(bytes(folder + "/tok512.bin"), count: model.configuration.vocabularySize)
        var story = greedy(runner, from: golden[0], count: golden.count).dropFirst().flatMap { pieces[Int($0)] }
        // The vocabulary spells a blank before every word, the first one too.
        if story.first == UInt8(ascii: " ") { story.removeFirst() }
        let expected = String(decoding: try bytes(folder + "/golden-text.txt"), as: UTF8.self)
        XCTAssertEqual(String(decoding: story, as: UTF8.self), expected)
    }

    /// The bytes of every token in the format of llama2.c: a longest length, then for each token a float32 score, an
    /// int32 length and so many bytes.
    private func vocabulary(_ file: [UInt8], count: Int) throws -> [[UInt8]] {
        var offset = 4
        let pieces = file.withUnsafeBytes { bytes in
            (0..<count).map { _ in
                let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 4, as: Int32.self))
                defer { offset += 8 + length }
                return Array(bytes[offset + 8..<offset + 8 + length])
            }
        }
        XCTAssertEqual(offset, file.count, "all bytes are read")
        return pieces
    }
}
