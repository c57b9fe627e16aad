import Compute
import TestSupport
import Transformer
import XCTest

/// Rung 5 for forward passes: a row's bits depend on the tokens of its path alone.
final class BitEqualityTests: XCTestCase {
    private let folders =
        ["llama-scaled", "qwen2-single", "qwen3-wide-heads", "llama-bfloat16"].map(TinyModels.folder)
        + [TinyModels.bundled("qwen/target")]

    /// All instruction sets, with rows in either precision, and with keys and values in each.
    private let kinds = InstructionSet.supported.flatMap { set in
        [NumericMode(), .init(activations: .bfloat16), .init(cache: .bfloat16), .init(cache: .int8)].map { (set, $0) }
    }

    private func tokens(_ count: Int, _ model: LanguageModel, seed: UInt64 = 1) -> [Int32] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in Int32.random(in: 0..<Int32(model.configuration.vocabularySize), using: &random) }
    }

    func testChunksOfAPromptGiveTheSameBits() throws {
        let team = ThreadTeam(threads: 2)
        for folder in folders {
            let model = try LanguageModel(contentsOf: folder)
            let prompt = tokens(75, model)
            for (set, mode) in kinds {
                let arithmetic = Arithmetic(instructionSet: set, team: team, mode: mode)
                let whole = PathRunner(model, arithmetic: arithmetic).append(prompt)
                for chunk in [1, 5, 16, 33] {
                    let runner = PathRunner(model, arithmetic: arithmetic, reversedPages: chunk == 5)
                    var parts: [Float] = []
                    for first in stride(from: 0, to: prompt.count, by: chunk) {
                        parts += runner.append(Array(prompt[first..<min(first + chunk, prompt.count)]))
                    }
                    XCTAssertEqual(parts, whole, "\(folder), \(set), chunks of \(chunk)")
                }
            }
        }
    }

    func testOneThreadAndTwoGiveTheSameBits() throws {
        for folder in folders {
            let model = try LanguageModel(contentsOf: folder)
            let prompt = tokens(75, model)
            for (set, mode) in kinds {
                let results = [1, 2, 3].map { threads in
                    let arithmetic = Arithmetic(
                        instructionSet: set, team: ThreadTeam(threads: threads), mode: mode)
                    return PathRunner(model, arithmetic: arithmetic).append(prompt)
                }
                XCTAssertEqual(results[0], results[1], "\(folder), \(set)")
                XCTAssertEqual(results[0], results[2], "\(folder), \(set)")
            }
        }
    }

    /// The last tokens of many paths in one pass, after a common prompt.
    private func lastRows(_ paths: [[Int32]], _ model: LanguageModel, _ arithmetic: Arithmetic) -> [Float] {
        let layout = model.configuration.pageLayout(arithmetic.mode.cache)
        let blocks = paths.reduce(0) { max($0, ($1.count + 15) / 16) }
        let pages = PageBuffer(pages: paths.count * blocks, layout: layout)
        let workspace = ForwardWorkspace()
        func pass(_ rows: (Int) -> Range<Int>, wantsOutput: Bool) -> [Float] {
            var batch = ForwardBatch()
            for (number, path) in paths.enumerated() {
                let index = batch.addPath((0..<blocks).map { Int32(number * blocks + $0) })
                for position in rows(path.count) {
                    batch.addRow(
                        .init(
                            token: path[position], position: Int32(position), path: index, wantsOutput: wantsOutput))
                }
            }
            return withExtendedLifetime(pages) {
                Array(
                    model.forward(
                        batch, pages: pages.memory, workspace: workspace,
                        arithmetic: arithmetic))
            }
        }
        _ = pass({ 0..<$0 - 1 }, wantsOutput: false)
        return pass({ $0 - 1..<$0 }, wantsOutput: true)
    }

    func testRowsOfABatchGiveTheSameBitsAsAlone() throws {
        for folder in folders {
            let model = try LanguageModel(contentsOf: folder)
            let width = model.configuration.outputWidth
            let paths = (0..<64).map { tokens(2 + $0 % 40, model, seed: UInt64($0)) }
            for (set, mode) in kinds {
                let arithmetic = Arithmetic(
                    instructionSet: set, team: ThreadTeam(threads: 2), mode: mode)
                let alone = paths.map { PathRunner(model, arithmetic: arithmetic).append($0).suffix(width) }
                for rows in [1, 2, 7, 16, 64] {
                    let together = lastRows(Array(paths.prefix(rows)), model, arithmetic)
                    for row in 0..<rows {
                        XCTAssertEqual(
                            together[row * width..<(row + 1) * width], alone[row],
                            "\(folder), \(set), row \(row) of \(rows)")
                    }
                }
            }
        }
    }
}
