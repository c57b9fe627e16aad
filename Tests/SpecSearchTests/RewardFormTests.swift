import Decoding
import JSON
import TestSupport
import Tokenization
import Transformer
import XCTest

@testable import SpecSearch

/// The five published forms of process reward models, beside what `transformers` computes of the text and at the places that
/// their publishers use. The checkpoints are random, the tokenizers real.
final class RewardFormTests: XCTestCase {
    private struct Form {
        let json: JSONValue
        let checkpoint: MatrixCheckpoint
        let encoder: RewardEncoder
        let prompts: PromptEncoder
        let scorer: StepRewardModel

        init(_ json: JSONValue, data: String) throws {
            self.json = json
            checkpoint = try MatrixCheckpoint(json)
            let name = try XCTUnwrap(json["tokenizer"]?.string)
            try Form.writeTokenizer(
                from: data + "/tokenizers/\(name)/tokenizer.json", to: checkpoint.folder + "/tokenizer.json",
                added: json["added"]?.array?.compactMap(\.string) ?? [])
            var members = JSONObject()
            for (key, text) in [
                ("target", "target"), ("reward", "reward"), ("prompt", "Q: {question}\n"), ("separator", "\n\n"),
                ("answer", "\\boxed{{answer}}"),
            ] { members.set(key, .string(text)) }
            for member in try XCTUnwrap(json["bundle"]?.object).members { members.set(member.name, member.value) }
            let bundle = try ModelBundle(.object(members), folder: ".")
            let format = try XCTUnwrap(bundle.rewardFormat)
            let tokenizer = try Tokenizer(contentsOf: checkpoint.folder)
            let pair = try bundle.verdictTokens.map { pair in
                try [pair.bad, pair.good].map { try XCTUnwrap(tokenizer.token(for: $0), $0) }
            }
            prompts = try PromptEncoder(format.prompt ?? bundle.format, folder: checkpoint.folder, tokenizer: tokenizer)
            encoder = try RewardEncoder(format, tokenizer)
            scorer = try StepRewardModel(
                LanguageModel(contentsOf: checkpoint.folder, outputTokens: pair), prompts: prompts, format: format,
                thread: ComputeThread(threads: 2))
        }

        /// Copies a tokenizer, with some special tokens more.
        private static func writeTokenizer(from source: String, to target: String, added: [String]) throws {
            guard !added.isEmpty else { return try FileManager.default.copyItem(atPath: source, toPath: target) }
            let file = try JSONValue(parsing: String(contentsOfFile: source, encoding: .utf8))
            var (members, tokens) = (try XCTUnwrap(file.object), file["added_tokens"]?.array ?? [])
            for content in added {
                var token = try XCTUnwrap(tokens.last?.object)
                token.set("id", .integer(try XCTUnwrap(tokens.compactMap { $0["id"]?.int }.max()) + 1))
                token.set("content", .string(content))
                tokens.append(.object(token))
            }
            members.set("added_tokens", .array(tokens))
            try JSONValue.object(members).serialized().write(toFile: target, atomically: true, encoding: .utf8)
        }
    }

    func testEveryFormReadsAndScoresAsItsPublisherDoes() async throws {
        guard let data = ProcessInfo.processInfo.environment["SPECSEARCH_DATA"] else {
            throw XCTSkip("set SPECSEARCH_DATA to the folder with the real tokenizers")
        }
        let golden = try JSONValue(
            parsing: String(
                contentsOfFile: RepositoryRoot.path(of: "Weights/golden/reward-forms.json"), encoding: .utf8))
        let forms = try XCTUnwrap(golden.array)
        XCTAssertEqual(forms.count, 5)
        for json in forms {
            let form = try Form(json, data: data)
            let question = try XCTUnwrap(json["question"]?.string)
            let session = try await form.scorer.begin(question: question)
            var tree = ThoughtTree()
            for solution in try XCTUnwrap(json["solutions"]?.array) {
                let texts = try XCTUnwrap(solution["thoughts"]?.array).compactMap(\.string)
                let path = add(texts, to: &tree)
                let tokens = try form.prompts.tokens(of: question) + path.flatMap { form.encoder.tokens(of: tree[$0]) }
                XCTAssertEqual(
                    tokens.map { Int($0) }, solution["tokens"]?.array?.compactMap(\.int), form.checkpoint.name)
                // The last thought first: its path is read on the way.
                let scores = try await session.scores(for: path.reversed(), in: tree)
                let expected = try XCTUnwrap(solution["scores"]?.array).compactMap(\.double)
                XCTAssertEqual(scores.count, expected.count)
                for (found, wanted) in zip(scores.reversed(), expected) {
                    XCTAssertEqual(Double(found), wanted, accuracy: 1e-4, form.checkpoint.name)
                    XCTAssertTrue((0.02...0.98).contains(wanted), "\(form.checkpoint.name): \(wanted) says little")
                }
            }
            let rows = await session.costs().rewardRows
            let read = tree.thoughts.reduce(try form.prompts.tokens(of: question).count) {
                $0 + form.encoder.tokens(of: $1).count
            }
            XCTAssertEqual(rows, read, "\(form.checkpoint.name): nothing is read twice")
            await session.end()
        }
    }

    private func add(_ texts: [String], to tree: inout ThoughtTree) -> [Thought.ID] {
        var path: [Thought.ID] = []
        for text in texts {
            let thought = WrittenThought(text: text, tokens: [], end: .separator, meanLogProbability: 0)
            let slot = tree.children(of: path.last).count
            guard
                case .new(let id) = tree.admit(thought, under: path.last, slot: slot, origin: .target, isFinal: false)
            else { continue }
            path.append(id)
        }
        return path
    }
}
