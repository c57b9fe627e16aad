import Decoding
import JSON
import TestSupport
import Tokenization
import XCTest

@testable import SpecSearch

/// The bundled families on 501 test problems each, against what `transformers` computed: Tools/parity/make.
final class FamilySolutionTests: XCTestCase {
    /// A line of Weights/golden/FAMILY-solutions.jsonl.
    private struct Row {
        let question: String
        /// The greedy solutions with their end token, and the smallest lead of any of their tokens over the second best.
        let greedy: [Writer: (tokens: [Int32], lead: Double)]
        /// A sampled solution, and the score of each of its thoughts.
        let thoughts: [String]
        let scores: [Float]

        init(_ json: JSONValue) throws {
            func solution(_ name: String) throws -> (tokens: [Int32], lead: Double) {
                let tokens = try XCTUnwrap(json[name]?.array).map { Int32(try XCTUnwrap($0.int)) }
                return (tokens, try XCTUnwrap(json[name + "Lead"]?.double))
            }
            question = try XCTUnwrap(json["question"]?.string)
            greedy = [.target: try solution("target"), .draft: try solution("draft")]
            thoughts = try XCTUnwrap(json["thoughts"]?.array).map { try XCTUnwrap($0.string) }
            scores = try XCTUnwrap(json["scores"]?.array).map { Float(try XCTUnwrap($0.double)) }
        }
    }

    private func load(_ family: String) async throws -> (models: ReasonerModels, rows: [Row]) {
        let bundle = try ModelBundle(folder: RepositoryRoot.path(of: "Weights/" + family))
        let loader = BundleLoader(bundle, thread: ComputeThread(threads: 2), limits: .init())
        let text = try String(
            contentsOfFile: RepositoryRoot.path(of: "Weights/golden/\(family)-solutions.jsonl"), encoding: .utf8)
        let rows = try text.split(separator: "\n").map { try Row(JSONValue(parsing: Array($0.utf8))) }
        XCTAssertEqual(rows.count, 501)
        return (try await loader.load(scorer: nil) { _ in }, rows)
    }

    func testGreedySolutionsAreThoseOfTransformers() async throws {
        for family in TinyModels.families {
            let (models, rows) = try await load(family)
            for writer in [Writer.target, .draft] {
                var requests: [GenerationRequest] = []
                for row in rows {
                    let start = try await models.scheduler.open(models.prompts.tokens(of: row.question))
                    requests.append(
                        GenerationRequest(
                            start: start, writer: writer, draftLength: 0, sampling: .greedy, branch: .root,
                            stop: StopRule(endTokens: models.endTokens, maxTokens: 400)))
                }
                let found = try await models.scheduler.generate(requests).generated
                XCTAssertEqual(found.count, rows.count)
                var compared = 0
                for (row, found) in zip(rows, found) {
                    let expected = try XCTUnwrap(row.greedy[writer])
                    // The reference's own leads come from sums in another order: below this they may turn around.
                    guard expected.lead > 1e-3 else { continue }
                    compared += 1
                    XCTAssertEqual(found.tokens, expected.tokens, "\(family), \(writer): \(row.question)")
                }
                XCTAssertGreaterThan(compared, 490)
                await models.scheduler.release(zip(requests, found).flatMap { [$0.start, $1.node] })
            }
        }
    }

    func testScoresAreThoseOfTransformers() async throws {
        for family in TinyModels.families {
            let (models, rows) = try await load(family)
            var (largest, compared): (Float, Int) = (0, 0)
            for row in rows where !row.thoughts.isEmpty {
                var tree = ThoughtTree()
                var path: [Thought.ID] = []
                for text in row.thoughts {
                    let written = WrittenThought(text: text, tokens: [], end: .separator, meanLogProbability: 0)
                    let admission = tree.admit(
                        written, under: path.last, slot: 0, origin: .draft, isFinal: false)
                    guard case .new(let id) = admission else {
                        return XCTFail("the thought is not new")
                    }
                    path.append(id)
                }
                let session = try await XCTUnwrap(models.scorer).begin(question: row.question)
                let scores = try await session.scores(for: path, in: tree)
                await session.end()
                XCTAssertEqual(scores.count, row.scores.count)
                compared += scores.count
                largest = zip(scores, row.scores).map { abs($0 - $1) }.reduce(largest, max)
            }
            XCTAssertLessThan(largest, 1e-4, family)
            XCTAssertGreaterThan(compared, 2_500)
        }
    }
}
