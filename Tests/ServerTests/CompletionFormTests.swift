import Decoding
import JSON
import TestSupport
import Tokenization
import Transformer
import XCTest

@testable import Server

/// Completions as clients read them.
final class CompletionFormTests: XCTestCase {
    private static func model() throws -> ServedModel {
        let folder = TinyModels.bundled("qwen/draft")
        let scheduler = try Scheduler(
            target: LanguageModel(contentsOf: folder), tokenizer: Tokenizer(contentsOf: folder),
            thread: ComputeThread(threads: 1))
        return try ServedModel(
            name: "tiny", fingerprint: "f", scheduler: scheduler, chat: nil, endTokens: [],
            sampling: SamplingParameters(), drafters: [], reasoner: nil)
    }

    func testAlternativesThatArePartsOfCharactersKeepTheirBytes() throws {
        let candidates: [[UInt8]] = [[0xE6], [0xE6, 0x95], [0x0F, 0xFF], Array("数".utf8)]
        let alternatives = candidates.map { Completion.ScoredToken.Candidate(bytes: $0, logProbability: -1) }
        let token = Completion.ScoredToken(token: alternatives[0], alternatives: alternatives, offset: 0)
        let form = CompletionForm(isChat: false, number: "1", created: 0, model: try Self.model())
        let piece = Completion.Piece(choice: 0, text: "x", tokens: [token], finish: "stop")
        let whole = form.whole([piece], promptTokens: 1, completionTokens: 1)
        let found = whole["choices"]?.array?[0]["logprobs"]?["top_logprobs"]?.array?[0].object?.members.map(\.name)
        XCTAssertEqual(found, ["bytes:\\xe6", "bytes:\\xe6\\x95", "bytes:\\x0f\\xff", "数"])
    }
}
