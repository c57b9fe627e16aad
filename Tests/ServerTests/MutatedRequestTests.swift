import Decoding
import JSON
import SpecSearch
import TestSupport
import Transformer
import XCTest

@testable import Server

/// Requests with random faults: each is refused with a reason, or let in with every value within the limits.
final class MutatedRequestTests: XCTestCase {
    private static let strange: [JSONValue] = [
        .null, true, false, 0, 1, -1, 2, 64, 65, 4096, .integer(.max), .integer(.min), 0.5, -0.0, 1e-300, 1e300, "",
        "a",
        "\u{0}", "\u{202E}é", .string(String(repeating: "x", count: 70_000)), [], [[]], [:], [1, -1, 1e9], ["", ""],
        ["type": "text", "text": "x"], [["role": "user", "content": "x"]],
    ]
    private static let names = [
        "model", "prompt", "messages", "n", "stop", "seed", "stream", "width", "beams", "policy", "question", "role",
        "",
        "timeBudget", "topP", "logprobs",
    ]
    private let limits = ServerLimits()
    private var random = SeededRandom(seed: 20_261_122)

    /// The same request with some faults in it.
    private func faulty(_ request: JSONValue) -> JSONValue {
        var result = request
        for _ in 0...Int.random(in: 0..<3, using: &random) { result = changed(result) }
        return result
    }

    private func changed(_ value: JSONValue) -> JSONValue {
        if Bool.random(using: &random) {
            if let object = value.object, let place = object.members.indices.randomElement(using: &random) {
                let member = object.members[place]
                return value.with(member.name, changed(member.value))
            }
            if var elements = value.array, let place = elements.indices.randomElement(using: &random) {
                elements[place] = changed(elements[place])
                if Bool.random(using: &random) { elements.append(elements[place]) }
                return .array(elements)
            }
        }
        let strange = Self.strange.randomElement(using: &random) ?? .null
        guard value.object != nil, Bool.random(using: &random) else { return strange }
        return value.with(Self.names.randomElement(using: &random) ?? "", strange)
    }

    /// Reads many faulty requests, and gives back how many were let in.
    private func letIn<Request>(
        _ request: JSONValue, _ read: (JSONValue) throws -> Request, check: (Request) throws -> Void
    ) throws -> Int {
        var count = 0
        for _ in 0..<20_000 {
            let faulty = faulty(request)
            do {
                try check(read(faulty))
                count += 1
            } catch let error as ServerError {
                XCTAssertTrue([400, 404].contains(error.status), "\(error) for \(faulty.excerpt)")
                XCTAssertTrue((10...1000).contains(error.message.utf8.count), "\(error) for \(faulty.excerpt)")
            }
        }
        return count
    }

    private func check(_ request: CompletionRequest) {
        XCTAssertTrue((1...limits.choices).contains(request.choices * request.prompts.count))
        XCTAssertTrue((1...limits.tokens).contains(request.maxTokens ?? 1))
        XCTAssertTrue((0...20).contains(request.alternatives ?? 0))
        XCTAssertTrue(request.stops.count <= 4 && !request.stops.contains(""))
        XCTAssertTrue((0...1000).contains(request.sampling.temperature))
        XCTAssertTrue(request.isStreamed || !request.includesUsage)
    }

    func testFaultyRequestsAreRefusedOrWithinTheLimits() async throws {
        let reasoner = try await Reasoner(bundle: TinyModels.bundled("qwen"))
        let model = try ServedModel(
            name: "tiny", fingerprint: "f", scheduler: reasoner.scheduler, chat: nil, endTokens: [],
            sampling: SamplingParameters(), drafters: [], reasoner: reasoner)
        let limits = limits
        let text: JSONValue = [
            "model": "tiny", "prompt": ["a", "b"], "n": 2, "max_tokens": 9, "temperature": 0.5, "stop": ["x"],
            "seed": 1,
            "stream": true, "stream_options": ["include_usage": true], "logprobs": 3,
        ]
        XCTAssertGreaterThan(
            try letIn(text) {
                try CompletionRequest(text: $0, to: model, limits)
            } check: {
                check($0)
            }, 500)
        let chat: JSONValue = [
            "messages": [
                ["role": "system", "content": "x"], ["role": "user", "content": [["type": "text", "text": "y"]]],
            ],
            "max_completion_tokens": 9, "top_p": 0.5, "logprobs": true, "top_logprobs": 2, "n": 3,
        ]
        XCTAssertGreaterThan(
            try letIn(chat) {
                try CompletionRequest(chat: $0, to: model, limits)
            } check: {
                check($0)
            }, 500)
        let search: JSONValue = [
            "question": "x", "policy": "paper", "strategy": "beam", "width": 4, "beams": 2, "depth": 3, "theta": 0.5,
            "timeBudget": 1.5, "tokenBudget": 100, "seed": 3,
        ]
        let searches = try letIn(search) {
            try SearchRequest($0, reasoner, limits)
        } check: { request in
            XCTAssertNoThrow(try request.options.parameters.check())
            XCTAssertLessThanOrEqual(request.options.parameters.tokenBudget ?? .max, limits.searchTokens)
        }
        XCTAssertGreaterThan(searches, 500)
    }
}
