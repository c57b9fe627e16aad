import JSON
import TestSupport
import XCTest

/// `specsearch generate`: golden tokens, and the same ones whoever drafts.
final class GenerateCommandTests: XCTestCase {
    private let target = TinyModels.bundled("qwen/target")

    private func generate(_ folder: String, _ options: [String]) throws -> JSONValue {
        try Command.specsearch.run(["generate", "--model", folder, "--json", "--threads", "1"] + options).json()
    }

    private func counter(_ name: String, _ output: JSONValue) throws -> Int {
        try XCTUnwrap(output["counters"]?[name]?.int, name)
    }

    func testGreedyTokensAreThoseOfTransformers() throws {
        for name in ["llama-grouped", "qwen2-sharded", "qwen3-single"] {
            for prompt in try Golden(name).prompts {
                let output = try generate(
                    TinyModels.folder(name), ["--tokens", prompt.tokens.list, "--max-tokens", "64"])
                let tokens = try XCTUnwrap(output["tokens"]).integers
                XCTAssertEqual(tokens.count, 64)
                // Where the two best logits are as good as equal, either may follow.
                let bound = Close.parityBound(prompt.logits)
                let certain = prompt.margins.firstIndex { $0 <= bound } ?? prompt.greedy.count
                XCTAssertGreaterThan(certain, 16, name)
                XCTAssertEqual(tokens.prefix(certain), prompt.greedy.prefix(certain).map(Int.init)[...], name)
                XCTAssertEqual(output["stop"], "length")
                XCTAssertEqual(output["text"], .null, "there is no tokenizer")
            }
        }
    }

    func testBundledTargetContinuesAsTransformersDoes() throws {
        let end = try XCTUnwrap(ModelCopy(of: target).json("config.json")["eos_token_id"]?.int)
        for prompt in try Golden("qwen-target").prompts {
            let output = try generate(target, ["--tokens", prompt.tokens.list, "--max-tokens", "64"])
            // The program ends at the end token, the golden goes on.
            let length = prompt.greedy.firstIndex(of: Int32(end)).map { $0 + 1 } ?? prompt.greedy.count
            XCTAssertEqual(output["tokens"]?.integers, prompt.greedy.prefix(length).map(Int.init))
            XCTAssertEqual(output["stop"], length < 64 ? "endOfText" : "length")
        }
    }

    func testChatModelsAreAskedByTheirTemplate() throws {
        let copy = try ModelCopy(of: target)
        let options = ["--prompt", "Reach 14 from 3 9 12 14.", "--max-tokens", "8"]
        let raw = try generate(target, ["--prompt", "Q: Reach 14 from 3 9 12 14.\n", "--max-tokens", "8"])
        try copy.write("{% for m in messages %}{{ m.content }}\n{% endfor %}", to: "chat_template.jinja")
        XCTAssertEqual(
            try generate(copy.path, options)["tokens"],
            try generate(target, ["--prompt", "Reach 14 from 3 9 12 14.\n", "--max-tokens", "8"])["tokens"])
        try copy.write("{{ messages[0].content }} {{ messages[1].content }}\n\n", to: "chat_template.jinja")
        XCTAssertEqual(try generate(copy.path, options + ["--system", "Q:"])["tokens"], raw["tokens"])
        XCTAssertEqual(
            try generate(copy.path, options + ["--chat-template", "raw"])["tokens"],
            try generate(target, options)["tokens"])
    }

    func testChatTemplatesThatCannotBeUsedAreRefused() throws {
        let generate = ["generate", "--model", target, "--prompt", "x"]
        let llama = ["generate", "--model", TinyModels.bundled("llama/target"), "--prompt", "x"]
        try Command.specsearch.assertRefuses(
            generate + ["--chat-template", "model"], code: 66, saying: "has no chat template", "chatml, llama3 or raw")
        try Command.specsearch.assertRefuses(
            llama + ["--chat-template", "chatml"], code: 65, saying: "<|im_start|>", "lacks")
        try Command.specsearch.assertMisused(
            generate + ["--system", "x"], saying: "--system and --date need a chat template")
        try Command.specsearch.assertMisused(
            ["generate", "--model", target, "--tokens", "1", "--chat-template", "raw"], saying: "--tokens continues ids"
        )
        let copy = try ModelCopy(of: target)
        try copy.write("{{ raise_exception('not so') }}", to: "chat_template.jinja")
        try Command.specsearch.assertRefuses(
            ["generate", "--model", copy.path, "--prompt", "x"], code: 64, saying: "refuses these messages", "not so")
    }

    func testTheModelsMakersSayHowToSample() throws {
        let copy = try ModelCopy(of: target)
        let options = ["--prompt", "Q: Reach 14 from", "--max-tokens", "12", "--seed", "5"]
        try copy.write(
            #"{"do_sample": true, "temperature": 3, "top_p": 0.9, "top_k": 30}"#, to: "generation_config.json")
        let suggested = try generate(copy.path, options)["tokens"]
        XCTAssertEqual(
            suggested,
            try generate(target, options + ["--temperature", "3", "--top-p", "0.9", "--top-k", "30"])["tokens"])
        XCTAssertNotEqual(suggested, try generate(target, options)["tokens"], "else nothing is shown")
        XCTAssertEqual(
            try generate(copy.path, options + ["--temperature", "0"])["tokens"], try generate(target, options)["tokens"]
        )
        try copy.write(#"{"temperature": 3}"#, to: "generation_config.json")
        XCTAssertEqual(
            try generate(copy.path, options)["tokens"], try generate(target, options)["tokens"], "no do_sample")
    }

    func testDraftedTokensAreThoseOfTheTargetAlone() throws {
        let draft = TinyModels.bundled("qwen/draft")
        let sampling = [["--temperature", "0"], ["--temperature", "0.8", "--seed", "5"]]
        for (prompt, options) in zip(try Golden("qwen-target").prompts, sampling) {
            let common = ["--tokens", prompt.tokens.list, "--max-tokens", "48"] + options
            let alone = try generate(target, common)
            for length in ["0", "1", "4", "15"] {
                let drafted = try generate(target, common + ["--draft", draft, "--draft-tokens", length])
                for field in ["tokens", "text", "stop"] { XCTAssertEqual(drafted[field], alone[field], options[1]) }
                try checkCounters(drafted, alone: alone, drafts: length != "0")
            }
        }
    }

    func testEveryDrafterAndAcceptanceGivesTheTokensOfTheTargetAlone() throws {
        let draft = TinyModels.bundled("qwen/draft")
        let prompt = ["--prompt", "Q: Reach 24 from 4 6 7 8.\n4 + 6 = 10 (left 7 8 10)\n4 + 6", "--max-tokens", "40"]
        for sampling in [["--temperature", "0"], ["--temperature", "0.9", "--frequency-penalty", "0.2"]] {
            let common = prompt + sampling
            let alone = try generate(target, common)
            for drafters in ["ngrams", "model", "model,ngrams"] {
                let more = drafters == "ngrams" ? [] : ["--draft", draft]
                let drafted = try generate(target, common + more + ["--drafters", drafters])
                XCTAssertEqual(drafted["tokens"], alone["tokens"], drafters)
                XCTAssertEqual(try counter("ngramTokensDrafted", drafted) > 0, drafters.contains("ngrams"))
                XCTAssertEqual(try counter("draftRows", drafted) > 0, drafters.contains("model"))
                let ratio = try generate(
                    target,
                    common + more + ["--drafters", drafters, "--acceptance", "ratio", "--draft-tokens", "3"])
                if sampling[1] == "0" { XCTAssertEqual(ratio["tokens"], alone["tokens"], drafters) }
            }
        }
    }

    func testPenaltiesKeepTokensFromComingBack() throws {
        let prompt = ["--tokens", "5", "--max-tokens", "24", "--temperature", "0"]
        let plain = try XCTUnwrap(try generate(target, prompt)["tokens"]).integers
        XCTAssertLessThan(Set(plain).count, plain.count)
        for penalty in [
            ["--presence-penalty", "100"], ["--frequency-penalty", "100"], ["--repetition-penalty", "100"],
        ] {
            let tokens = try XCTUnwrap(try generate(target, prompt + penalty)["tokens"]).integers
            // A logit that is divided may still be the only positive one.
            XCTAssertGreaterThanOrEqual(Set(tokens).count, penalty[0].contains("repetition") ? 20 : 24, penalty[0])
            // Printed a few tokens at a time, the text is the same.
            let arguments = ["generate", "--model", target] + prompt + penalty
            XCTAssertEqual(
                try Command.specsearch.run(arguments).standardOutput,
                try XCTUnwrap(try generate(target, prompt + penalty)["text"]?.string) + "\n")
        }
    }

    private func checkCounters(_ drafted: JSONValue, alone: JSONValue, drafts: Bool) throws {
        let tokens = try XCTUnwrap(alone["tokens"]?.array).count
        XCTAssertEqual(try counter("targetPasses", alone), tokens, "one pass reads the prompt and gives a token")
        for name in ["draftRows", "draftPasses", "tokensDrafted", "tokensAccepted"] {
            XCTAssertEqual(try counter(name, alone), 0)
        }
        let (proposed, accepted) = (try counter("tokensDrafted", drafted), try counter("tokensAccepted", drafted))
        let passes = try counter("targetPasses", drafted)
        XCTAssertLessThanOrEqual(accepted, proposed)
        XCTAssertEqual(passes < tokens, drafts)
        XCTAssertEqual(proposed > 0, drafts)
        XCTAssertGreaterThanOrEqual(passes + accepted, tokens)
        XCTAssertEqual(try counter("draftPasses", drafted) > 0, drafts)
    }

    func testPrintedTextIsThatOfTheJSON() throws {
        let arguments = [
            "generate", "--model", target, "--prompt", "Q: Reach 14 from 3 9 12 14.\n", "--max-tokens", "40",
            "--threads", "1",
        ]
        let text = try XCTUnwrap(try Command.specsearch.run(arguments + ["--json"]).json()["text"]?.string)
        XCTAssertTrue(text.contains(" = "), text)
        XCTAssertEqual(try Command.specsearch.run(arguments).standardOutput, text + "\n")
    }

    func testKeysAndValuesInFewerBitsTakeLessMemory() throws {
        let options = ["--prompt", "Q: Reach 14 from 3 9 12 14.\n"]
        let bytes = try ["f32", "bf16", "int8"].map { precision in
            try counter("kvBytesPeak", generate(target, options + ["--cache-precision", precision]))
        }
        XCTAssertEqual(bytes[0], 2 * bytes[1])
        // The bundled heads have 32 elements, and so one byte of scales for every four.
        XCTAssertEqual(Double(bytes[2]) / Double(bytes[0]), 0.25 * (1 + 1.0 / 8), accuracy: 0.1)
    }

    func testSeedsDecideWhatIsSampled() throws {
        let options = ["--tokens", "1,2,3", "--temperature", "1.5", "--max-tokens", "32", "--seed"]
        let outputs = try ["1", "1", "2"].map { seed in
            try generate(TinyModels.folder("qwen2-single"), options + [seed])["tokens"]
        }
        XCTAssertEqual(outputs[0], outputs[1])
        XCTAssertNotEqual(outputs[0], outputs[2])
    }

    func testTextEndsWhereTheContextDoes() throws {
        let prompt = (0..<250).map { Int32($0 % 112) }.list
        let output = try generate(
            TinyModels.folder("llama-grouped"), ["--tokens", prompt, "--max-tokens", "1000"])
        XCTAssertEqual(output["stop"], "length")
        XCTAssertEqual(output["tokens"]?.integers.count, 6, "the context holds 256 tokens")
    }
}
