import Compute
import Foundation
import JSON
import TestSupport
import Transformer
import XCTest

/// Checkpoints that cross families, rotary scalings and dialects, biases, head sizes, tying, element types, shards,
/// windows and experts agree with `transformers`: Tools/parity/matrix.py.
final class MatrixParityTests: XCTestCase {
    private let team = ThreadTeam(threads: 2)

    func testEveryEntryAgreesWithTransformers() throws {
        let text = try String(contentsOfFile: RepositoryRoot.path(of: "Weights/golden/matrix.json"), encoding: .utf8)
        let entries = try XCTUnwrap(JSONValue(parsing: text).array)
        XCTAssertGreaterThanOrEqual(entries.count, 60)
        for entry in entries {
            let checkpoint = try MatrixCheckpoint(entry)
            let model = try LanguageModel(contentsOf: checkpoint.folder)
            let golden = try Golden("matrix", prefix: checkpoint.name + ".")
            XCTAssertEqual(golden.prompts.count, 2)
            for prompt in golden.prompts {
                for set in InstructionSet.supported {
                    check(model, prompt, Arithmetic(instructionSet: set, team: team), "\(checkpoint.name), \(set)")
                }
            }
        }
    }

    /// The last logits of the prompt, then greedy tokens wherever the reference's best logit leads by more than the
    /// bound.
    private func check(_ model: LanguageModel, _ prompt: Golden.Prompt, _ arithmetic: Arithmetic, _ name: String) {
        let runner = PathRunner(model, arithmetic: arithmetic)
        let bound = Close.parityBound(prompt.logits)
        let found = runner.append(prompt.tokens)
        assertClose(Array(found.suffix(prompt.logits.count)), prompt.logits, "\(name), \(prompt.tokens.count) tokens")
        var logits = found.suffix(model.configuration.vocabularySize)
        XCTAssertEqual(prompt.greedy.count, 64, name)
        for (step, token) in prompt.greedy.enumerated() {
            let best = logits.indices.max { logits[$0] < logits[$1] }! - logits.startIndex
            if prompt.margins[step] > bound { XCTAssertEqual(Int32(best), token, "\(name), step \(step)") }
            logits = runner.append([token])[...]
        }
    }

    func testEntriesGiveTheSameBitsInOnePassAndTokenByToken() throws {
        let text = try String(contentsOfFile: RepositoryRoot.path(of: "Weights/golden/matrix.json"), encoding: .utf8)
        for entry in try XCTUnwrap(JSONValue(parsing: text).array) {
            let checkpoint = try MatrixCheckpoint(entry)
            let model = try LanguageModel(contentsOf: checkpoint.folder)
            let tokens = try Golden("matrix", prefix: checkpoint.name + ".").prompts[1].tokens
            let whole = PathRunner(model, arithmetic: Arithmetic(team: team)).append(tokens)
            let runner = PathRunner(model, arithmetic: Arithmetic(team: team))
            XCTAssertEqual(tokens.flatMap { runner.append([$0]) }, whole, checkpoint.name)
        }
    }
}
