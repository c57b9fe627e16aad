import Decoding
import JSON
import TestSupport
import Tokenization
import Transformer
import XCTest

@testable import SpecSearch

/// Causal models that judge with one of two tokens, read from a bundle.
final class TokenPairTests: XCTestCase {
    func testTheScoreIsTheShareOfTheGoodToken() async throws {
        let json: JSONValue = [
            "target": "target", "reward": "target", "prompt": "Q: {question}\n", "separator": "\n",
            "answer": "The answer is {answer}.", "stepToken": "<|endoftext|>", "goodToken": "+", "badToken": "-",
        ]
        let folder = RepositoryRoot.path(of: "Weights/qwen")
        let thread = ComputeThread(threads: 1)
        let loader = BundleLoader(try ModelBundle(json, folder: folder), thread: thread, limits: .init())
        let models = try await loader.load(scorer: nil) { _ in }

        // What a thought spells is text, even where it is the step token.
        for text in ["14 - 12 = 2 (left 2 3 9)\n", "<|endoftext|> 14\n"] {
            let score = try await score(of: text, models)
            let tokenizer = models.prompts.tokenizer
            func token(_ text: String) throws -> Int { Int(try XCTUnwrap(tokenizer.token(for: text))) }
            let path = tokenizer.encode("Q: Reach 14 from 3 9 12 14.\n") + tokenizer.encode(text)
            let whole = try LanguageModel(contentsOf: folder + "/target")
            let outputs = PathRunner(whole, arithmetic: thread.arithmetic).append(
                path + [Int32(try token("<|endoftext|>"))])
            let logits = outputs.suffix(whole.configuration.vocabularySize).map(Double.init)
            let odds = try exp(logits[token("-")] - logits[token("+")])
            XCTAssertEqual(Double(score), 1 / (1 + odds), accuracy: 1e-6, text)
            XCTAssertNotEqual(Double(score), 0.5, accuracy: 1e-3, "else the two could be swapped")
        }
    }

    private func score(of text: String, _ models: ReasonerModels) async throws -> Float {
        var tree = ThoughtTree()
        let thought = WrittenThought(text: text, tokens: [], end: .separator, meanLogProbability: 0)
        _ = tree.admit(thought, under: nil, slot: 0, origin: .target, isFinal: false)
        let session = try await XCTUnwrap(models.scorer).begin(question: "Reach 14 from 3 9 12 14.")
        let score = try await session.scores(for: [0], in: tree)[0]
        await session.end()
        return score
    }
}
