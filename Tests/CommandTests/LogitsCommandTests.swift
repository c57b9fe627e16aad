import JSON
import TestSupport
import XCTest

/// `specsearch logits` against what `transformers` gives.
final class LogitsCommandTests: XCTestCase {
    private func check(_ name: String, folder: String, _ options: [String] = []) throws {
        for prompt in try Golden(name).prompts {
            let arguments = ["logits", "--model", folder, "--tokens", prompt.tokens.list] + options
            let last = try Command.specsearch.run(arguments).json()
            let all = try Command.specsearch.run(arguments + ["--all"]).json()
            XCTAssertEqual(last.names, ["logits", "tokens"])
            XCTAssertEqual(last["tokens"]?.integers, prompt.tokens.map(Int.init))
            let rows = try XCTUnwrap(all["logits"]?.array).map(\.floats)
            XCTAssertEqual(rows.count, prompt.tokens.count)
            assertClose(rows.flatMap(\.self), prompt.logits, "\(name), \(options)")
            XCTAssertEqual(last["logits"]?.array?.map(\.floats), [rows[rows.count - 1]], name)
        }
    }

    func testLogitsOfEachFamilyAgreeWithTransformers() throws {
        for name in ["llama-scaled", "qwen2-wide-heads", "qwen3-grouped", "llama-bfloat16"] {
            try check(name, folder: TinyModels.folder(name))
        }
    }

    func testLogitsOfTheBundledDraftAgreeWithTransformers() throws {
        try check("qwen-draft", folder: TinyModels.bundled("qwen/draft"), ["--precision", "f32"])
    }

    func testStepScoresOfARewardModelAgreeWithTransformers() throws {
        try check(TinyModels.reward, folder: TinyModels.folder(TinyModels.reward))
    }

    func testThreadsAndPrefillModeAreOptions() throws {
        try check("llama-grouped", folder: TinyModels.folder("llama-grouped"), ["--threads", "2"])
        try check("llama-grouped", folder: TinyModels.folder("llama-grouped"), ["--threads", "1", "--prefill", "blas"])
    }

    func testRelativeFoldersAreFoundFromTheWorkingFolder() throws {
        let result = try Command.specsearch.run(
            ["logits", "--model", "Weights/tiny/llama-grouped", "--tokens", "1, 2,3"])
        XCTAssertEqual(try result.json()["tokens"]?.integers, [1, 2, 3])
        XCTAssertEqual(result.standardError, "")
    }
}
