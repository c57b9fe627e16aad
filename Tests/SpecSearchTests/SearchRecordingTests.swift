import Decoding
import JSON
import SpecSearch
import TestSupport
import XCTest

/// Recordings: what they hold is enough to draw the tree again, state by state.
final class SearchRecordingTests: XCTestCase {
    private func recorded(_ policy: SpeculationPolicy, _ strategy: SearchStrategy) async throws -> (Answer, JSONValue) {
        let reasoner = try await Reasoner(bundle: RepositoryRoot.path(of: "Weights/qwen"))
        var options = reasoner.defaults
        options.policy = policy
        options.strategy = strategy
        var recording = SearchRecording()
        var events = reasoner.events(for: "Reach 36 from 1 8 12 16.", options: options).makeAsyncIterator()
        while let event = try await events.next() { recording.note(event) }
        let answer = try XCTUnwrap(events.answer)
        return (answer, recording.json(of: answer))
    }

    func testSeedsThatJavaScriptCannotHoldAreTexts() throws {
        for (seed, expected) in [
            (9_007_199_254_740_991, .integer(9_007_199_254_740_991)), (1 << 53, "9007199254740992"),
            (.max, "18446744073709551615"),
        ] as [(UInt64, JSONValue)] {
            let options = SearchOptions(policy: .plain, sampling: try SamplingParameters(seed: seed))
            XCTAssertEqual(SearchRecording.heading("x", options)["seed"], expected)
        }
    }

    func testEventsTellTheWholeTree() async throws {
        for (policy, strategy) in [
            (.plain, .beam), (.paper, .beam), (.selective, .dvts), (.paper, .mcts), (.lossless, .majority),
        ] as [(SpeculationPolicy, SearchStrategy)] {
            let (answer, json) = try await recorded(policy, strategy)
            var (texts, scores, states): ([Int: String], [Int: Double], [Int: String]) = ([:], [:], [:])
            var duplicates: [Int: Int] = [:]
            var last = 0.0
            for event in try XCTUnwrap(json["events"]?.array) {
                let at = try XCTUnwrap(event["at"]?.double)
                XCTAssertGreaterThanOrEqual(at, last)
                last = at
                switch try XCTUnwrap(event["event"]?.string) {
                case "proposed", "corrected":
                    let thought = try XCTUnwrap(event["thought"])
                    let id = try XCTUnwrap(thought["id"]?.int)
                    XCTAssertEqual(id, texts.count)
                    texts[id] = thought["text"]?.string
                case "merged": duplicates[try XCTUnwrap(event["into"]?.int), default: 0] += 1
                case "scored": scores[try XCTUnwrap(event["id"]?.int)] = event["score"]?.double
                case let state where ["kept", "pruned", "rejected"].contains(state):
                    states[try XCTUnwrap(event["id"]?.int)] = state
                default: break
                }
            }
            let tree = answer.outcome.tree
            XCTAssertEqual(texts.count, tree.count)
            for thought in tree.thoughts {
                XCTAssertEqual(texts[thought.id], thought.text)
                XCTAssertEqual(scores[thought.id], thought.score.map(Double.init), "\(policy) \(strategy)")
                XCTAssertEqual(states[thought.id], thought.state.rawValue)
                XCTAssertEqual(duplicates[thought.id] ?? 0, thought.duplicates)
            }
        }
    }

    func testItHoldsWhatWasAskedAndWhatItTook() async throws {
        let (answer, json) = try await recorded(.paper, .beam)
        XCTAssertEqual(json["question"]?.string, answer.question)
        XCTAssertEqual(json["policy"], "paper")
        XCTAssertEqual(json["strategy"], "beam")
        XCTAssertEqual(json["width"], 6)
        XCTAssertEqual(json["counters"].flatMap { Counters($0) }, answer.outcome.counters)
        XCTAssertEqual(json["phases"], answer.times.json)
        let end = try XCTUnwrap(json["events"]?.array?.last)
        XCTAssertEqual(end["event"], "finished")
        XCTAssertEqual(end["answer"]?.string, answer.answer)
        XCTAssertEqual(end["path"]?.array?.compactMap(\.int), answer.outcome.path)
        XCTAssertEqual(try JSONValue(parsing: json.serialized()), json)
    }
}
