import Compute
import TestSupport
import Transformer
import XCTest

/// Causal models that give the logits of some tokens only.
final class OutputTokenTests: XCTestCase {
    /// Tied and untied, float32 and bfloat16.
    private let names = TinyModels.qwen3 + TinyModels.llama + TinyModels.bfloat16

    func testLogitsAreThoseOfTheWholeVocabulary() throws {
        for name in names {
            let whole = try LanguageModel(contentsOf: TinyModels.folder(name))
            let size = whole.configuration.vocabularySize
            let tokens = [Int32(size) - 1, 0, 17, 17]
            let some = try LanguageModel(contentsOf: TinyModels.folder(name), outputTokens: tokens)
            XCTAssertEqual(some.configuration.outputWidth, tokens.count)
            for set in InstructionSet.supported {
                let arithmetic = Arithmetic(instructionSet: set, team: ThreadTeam(threads: 2))
                let path = (0..<21).map { Int32(($0 * 5) % 32) }
                let all = PathRunner(whole, arithmetic: arithmetic).append(path)
                let expected = path.indices.flatMap { row in tokens.map { all[row * size + Int($0)] } }
                XCTAssertEqual(PathRunner(some, arithmetic: arithmetic).append(path), expected, "\(name), \(set)")
            }
        }
    }

    func testTokensThatAModelDoesNotHaveAreRefused() throws {
        let folder = TinyModels.folder("llama-grouped")
        let size = Int32(try LanguageModel(contentsOf: folder).configuration.vocabularySize)
        let judge = TinyModels.folder(TinyModels.reward)
        for (folder, tokens) in [(folder, []), (folder, [0, size]), (folder, [-1]), (judge, [0])] {
            XCTAssertThrowsError(try LanguageModel(contentsOf: folder, outputTokens: tokens)) {
                guard case .outputTokens(tokens, _)? = $0 as? LoadError else { return XCTFail("\($0)") }
            }
        }
    }
}
