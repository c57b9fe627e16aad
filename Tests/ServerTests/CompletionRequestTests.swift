import ChatTemplates
import Decoding
import JSON
import TestSupport
import Tokenization
import Transformer
import XCTest

@testable import Server

/// What completions may ask for: everything that is not honoured is refused by name.
final class CompletionRequestTests: XCTestCase {
    private static let model = Result {
        let folder = TinyModels.bundled("qwen/target")
        let scheduler = try Scheduler(
            target: LanguageModel(contentsOf: folder), tokenizer: Tokenizer(contentsOf: folder),
            thread: ComputeThread(threads: 1))
        return try ServedModel(
            name: "tiny", fingerprint: "f", scheduler: scheduler, chat: nil, endTokens: [],
            sampling: SamplingParameters(temperature: 0.7, topK: 9), drafters: [], reasoner: nil)
    }
    private let chat: JSONValue = ["messages": [["role": "user", "content": "Hello"]]]
    private let text: JSONValue = ["prompt": "Hello"]

    private func parse(_ json: JSONValue) throws -> CompletionRequest {
        let (model, limits) = (try Self.model.get(), ServerLimits())
        return json["messages"] == nil
            ? try CompletionRequest(text: json, to: model, limits)
            : try CompletionRequest(chat: json, to: model, limits)
    }

    private func assertRefused(
        _ json: JSONValue, _ words: String, status: Int = 400, line: UInt = #line
    ) throws {
        XCTAssertThrowsError(try parse(json), "\(json.excerpt) is let in", line: line) { error in
            let error = error as? ServerError
            XCTAssertEqual(error?.status, status, line: line)
            XCTAssertTrue(
                error?.message.contains(words) == true, "no \"\(words)\" in \(error?.message ?? "")", line: line)
        }
    }

    func testDefaultsAreTheModels() throws {
        let request = try parse(chat)
        XCTAssertEqual(request.sampling.temperature, 0.7)
        XCTAssertEqual(request.sampling.topK, 9)
        XCTAssertEqual(request.choices, 1)
        XCTAssertNil(request.maxTokens)
        XCTAssertNil(request.alternatives)
        XCTAssertEqual(try parse(text).maxTokens, 16)
        XCTAssertNotEqual(try parse(text).sampling.seed, try parse(text).sampling.seed)
    }

    func testMembersAreHonoured() throws {
        let request = try parse(
            chat.with("model", "tiny").with("n", 3).with("seed", -5).with("temperature", 0).with("top_p", 0.5)
                .with("max_completion_tokens", 7).with("stop", ["a", "bc"]).with("stream", true)
                .with("stream_options", ["include_usage": true]).with("logprobs", true).with("top_logprobs", 4)
                .with("presence_penalty", 1).with("frequency_penalty", -1).with("user", "me").with("metadata", .null))
        XCTAssertEqual(request.choices, 3)
        XCTAssertEqual(request.sampling.seed, UInt64(bitPattern: -5))
        XCTAssertTrue(request.sampling.isGreedy)
        XCTAssertEqual(request.sampling.topP, 0.5)
        XCTAssertEqual(request.maxTokens, 7)
        XCTAssertEqual(request.stops, ["a", "bc"])
        XCTAssertTrue(request.isStreamed && request.includesUsage)
        XCTAssertEqual(request.alternatives, 4)
        XCTAssertEqual(request.sampling.presencePenalty, 1)
        XCTAssertEqual(request.sampling.frequencyPenalty, -1)
        XCTAssertEqual(try parse(text.with("logprobs", 2)).alternatives, 2)
        XCTAssertEqual(try parse(["prompt": ["a", "b"]]).prompts.count, 2)
        XCTAssertEqual(try parse(["prompt": [1, 2, 3]]).prompts.count, 1)
        XCTAssertEqual(try parse(["prompt": [[1, 2], [3]]]).prompts.count, 2)
    }

    func testNumbersAreChecked() throws {
        for (name, values) in [
            ("n", [0, -1, 65, 1.5, "2", true]), ("max_tokens", [0, -1, 1e9, "many"]),
            ("temperature", [-0.1, 1001, "hot"]),
            ("top_p", [-0.1, 1.1]), ("presence_penalty", [-2.1, 2.1]), ("frequency_penalty", [3]), ("top_k", [-1]),
            ("seed", [0.5, 1e30, "x"]), ("min_p", [2]), ("repetition_penalty", [0]),
        ] as [(String, [JSONValue])] {
            for value in values {
                try assertRefused(chat.with(name, value), name)
                try assertRefused(text.with(name, value), name)
            }
        }
        try assertRefused(chat.with("logprobs", true).with("top_logprobs", 21), "top_logprobs")
        try assertRefused(chat.with("top_logprobs", 2), "needs logprobs")
        try assertRefused(text.with("logprobs", -1), "logprobs")
        try assertRefused(text.with("prompt", ["a", "b", "c"]).with("n", 30), "90 texts")
    }

    func testWhatIsNotHonouredIsRefusedByName() throws {
        for name in ["tools", "functions", "logit_bias", "best_of", "echo", "suffix", "audio", "temperatur"] {
            try assertRefused(chat.with(name, 1), name)
            try assertRefused(text.with(name, 1), name)
        }
        try assertRefused(chat.with("response_format", ["type": "json_object"]), "response_format")
        try assertRefused(chat.with("stream_options", ["include_usage": true]), "stream to be true")
        try assertRefused(chat.with("stream", true).with("stream_options", ["other": 1]), "other")
        try assertRefused(chat.with("model", "gpt-4"), "only tiny", status: 404)
    }

    func testTextsAreChecked() throws {
        for value in [[], "", [""], [1], ["a", .null], 3, .array(Array(repeating: "x", count: 17))] as [JSONValue] {
            try assertRefused(chat.with("stop", value), "stop")
        }
        for value in [1, [], [1, "a"], [1.5], [[]], [:], .array([.integer(1 << 40)])] as [JSONValue] {
            try assertRefused(["prompt": value], "prompt")
        }
        try assertRefused([:], "prompt is missing")
        for value in [
            [], "hello", [["role": "user"]], [["role": "tool", "content": "x"]], [["content": "x"]],
            [["role": "user", "content": 5]], [["role": "user", "content": [["type": "image_url"]]]],
            [["role": "user", "content": "x", "tool_calls": []]],
        ] as [JSONValue] {
            try assertRefused(["messages": value], "messages")
        }
        try assertRefused(["messages": .null, "prompt": 1], "prompt")
        for value in ["text", [], 1] as [JSONValue] {
            XCTAssertThrowsError(try CompletionRequest(chat: value, to: Self.model.get(), ServerLimits())) { error in
                XCTAssertTrue((error as? ServerError)?.message.contains("the request is") == true, "\(error)")
            }
        }
    }

    func testPartsOfAMessageAreJoined() throws {
        let parts: JSONValue = [["type": "text", "text": "a"], ["type": "text", "text": "b"]]
        guard
            case .messages(let messages) = try parse(["messages": [["role": "developer", "content": parts]]]).prompts[0]
        else { return XCTFail("no messages") }
        XCTAssertEqual(messages[0].content, "ab")
        XCTAssertEqual(messages[0].role, "system")
    }
}
