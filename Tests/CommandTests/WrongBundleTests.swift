import JSON
import TestSupport
import XCTest

/// Bundles that cannot reason are refused before anything is computed.
final class WrongBundleTests: XCTestCase {
    private func bundle() throws -> ModelCopy { try ModelCopy(of: RepositoryRoot.path(of: "Weights/qwen")) }

    private func assertRefuses(
        _ bundle: ModelCopy, _ options: String..., code: Int32, saying words: String, file: StaticString = #filePath,
        line: UInt = #line
    ) throws {
        try Command.specsearch.assertRefuses(
            ["solve", "Reach 14 from 3 9 12 14.", "--quiet", "--bundle", bundle.path] + options, code: code,
            saying: words, file: file, line: line)
    }

    func testMissingPartsAreNamed() throws {
        let bundle = try bundle()
        try bundle.remove("draft")
        try assertRefuses(bundle, code: 66, saying: "draft/config.json")
        try bundle.remove("bundle.json")
        try assertRefuses(bundle, code: 66, saying: "bundle.json")
        try Command.specsearch.assertRefuses(["solve", "1 + 1?", "--bundle", "nowhere"], code: 66, saying: "nowhere")
    }

    func testBrokenBundleFilesAreExplained() throws {
        let bundle = try bundle()
        let whole = try bundle.json("bundle.json")
        let broken: [(field: String, value: JSONValue?, words: String)] = [
            ("target", nil, "target"), ("target", "../target", "target"), ("prompt", "no place", "{question}"),
            ("sampling", ["temperature": "hot"], "sampling.temperature"), ("seperator", "\n", "seperator"),
            ("search", ["width": 0], "width"), ("stepToken", "<no-such-token>", "<no-such-token>"),
            ("goodToken", "+", "badToken"),
        ]
        for (field, value, words) in broken {
            try bundle.write(whole.with(field, value).serialized(), to: "bundle.json")
            try assertRefuses(bundle, code: 65, saying: words)
        }
        try bundle.write("{", to: "bundle.json")
        try assertRefuses(bundle, code: 65, saying: "bundle.json")
    }

    func testModelsInWrongPlacesAreRefused() throws {
        let bundle = try bundle()
        let whole = try bundle.json("bundle.json")
        try bundle.write(whole.with("reward", "target").serialized(), to: "bundle.json")
        try assertRefuses(bundle, code: 65, saying: "no head of step classes")
        let judged = whole.with("reward", "target").with("badToken", "-")
        try bundle.write(judged.with("goodToken", "<no-such-token>").serialized(), to: "bundle.json")
        try assertRefuses(bundle, code: 65, saying: "<no-such-token>")
        let twice = whole.with("goodToken", "+").with("badToken", "-")
        try bundle.write(twice.serialized(), to: "bundle.json")
        try assertRefuses(bundle, code: 65, saying: "no causal model")
        try bundle.write(whole.with("draft", nil).with("target", "reward").serialized(), to: "bundle.json")
        try assertRefuses(bundle, code: 65, saying: "reward model")
    }

    func testPoliciesThatDraftNeedADraftModel() throws {
        let bundle = try bundle()
        try bundle.setField("draft", to: nil, in: "bundle.json")
        try assertRefuses(bundle, "--policy", "paper", code: 64, saying: "paper needs a draft model")
        let plain = try Command.specsearch.run(
            ["solve", "Reach 14 from 3 9 12 14.", "--quiet", "--bundle", bundle.path, "--json", "--width", "2"]
        ).json()
        XCTAssertEqual(plain["policy"], "plain", "the default of a bundle without a draft")
    }

    func testASearchNeedsARewardModel() throws {
        let bundle = try bundle()
        try bundle.setField("reward", to: nil, in: "bundle.json")
        try bundle.setField("stepToken", to: nil, in: "bundle.json")
        try assertRefuses(bundle, code: 65, saying: "reward model")
    }

    func testWeightsThatAreNoNumbersAreNoticed() throws {
        for name in ["target", "draft", "reward"] {
            let bundle = try bundle()
            try bundle.changeFloats(of: "model.norm.weight", in: name + "/model.safetensors") { $0[0] = .nan }
            try assertRefuses(bundle, "--policy", "paper", code: 65, saying: "weights")
        }
        let bundle = try bundle()
        try bundle.changeFloats(of: "score.2.bias", in: "reward/model.safetensors") { $0[1] = .infinity }
        try assertRefuses(bundle, "--policy", "paper", code: 65, saying: "weights")
    }

    func testARewardTokenizerWithMoreTokensThanItsModelIsRefused() throws {
        let bundle = try bundle()
        let model = try XCTUnwrap(try bundle.json("reward/tokenizer.json")["model"])
        let tokens = try XCTUnwrap(model["vocab"])
        // The model has 505 rows: the ids 0 to 504.
        let moved = tokens.with("9", 505).with("unused", tokens["9"])
        try bundle.setField("model", to: model.with("vocab", moved), in: "reward/tokenizer.json")
        try assertRefuses(bundle, code: 65, saying: "505")
    }
}
