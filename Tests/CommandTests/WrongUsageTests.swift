import TestSupport
import XCTest

/// Requests that cannot be met end in a line that says why, and the exit code for it.
final class WrongUsageTests: XCTestCase {
    private let model = TinyModels.folder("llama-grouped")
    private let target = TinyModels.bundled("qwen/target")

    func testQuestionsAndPromptsMustSaySomething() throws {
        for question in ["", "   ", "\n\t"] {
            try Command.specsearch.assertRefuses(["solve", question], code: 64, saying: "question is empty")
        }
        try Command.specsearch.assertRefuses(
            ["generate", "--model", target, "--prompt", ""], code: 64, saying: "prompt is empty")
    }

    func testAProgramWithoutTheServerSaysHowToGetIt() throws {
        #if Server
        XCTAssertTrue(try Command.specsearch.run(["serve", "--help"]).standardOutput.contains("/v1/chat/completions"))
        #else
        try Command.specsearch.assertMisused(["serve", "--port", "8000"], saying: "--traits Server")
        XCTAssertFalse(try Command.specsearch.run(["--help"]).standardOutput.contains("serve"))
        #endif
    }

    func testUnknownTokensAreRefused() throws {
        for command in ["logits", "generate"] {
            try Command.specsearch.assertRefuses(
                [command, "--model", model, "--tokens", "1,112"], code: 64, saying: "112", "0 to 111")
            for tokens in ["", "1,,2", "-1", "1.5", "one", "4294967297"] {
                try Command.specsearch.assertMisused(
                    [command, "--model", model, "--tokens=" + tokens], saying: "--tokens")
            }
        }
    }

    func testTimesThatNobodyCanWaitForAreRefused() throws {
        for time in ["inf", "nan", "1e30", "0", "-1"] {
            try Command.specsearch.assertRefuses(
                ["solve", "Reach 14 from 3 9 12 14.", "--quiet", "--time-budget=" + time], code: 64,
                saying: "timeBudget")
        }
    }

    func testAContextThatIsTooLongIsRefused() throws {
        let long = (0..<300).map { Int32($0 % 100) }.list
        for command in ["logits", "generate"] {
            try Command.specsearch.assertRefuses(
                [command, "--model", model, "--tokens", long], code: 64, saying: "300 tokens", "256")
        }
        let question = String(repeating: "How many apples? ", count: 400)
        for policy in ["plain", "paper"] {
            try Command.specsearch.assertRefuses(
                ["solve", question, "--quiet", "--policy", policy], code: 64, saying: "context holds 1024")
        }
    }

    func testTooLittleMemoryIsSaid() throws {
        let long = (0..<400).map { Int32($0 % 100) }.list
        for command in ["logits", "generate"] {
            try Command.specsearch.assertRefuses(
                [command, "--model", target, "--tokens", long, "--cache-memory", "1"], code: 75, saying: "KV memory")
        }
        let question = String(repeating: "How many apples? ", count: 50)
        for policy in ["plain", "lossless", "paper"] {
            try Command.specsearch.assertRefuses(
                ["solve", question, "--quiet", "--policy", policy, "--cache-memory", "1"], code: 75,
                saying: "KV memory")
        }
    }

    func testTextNeedsATokenizer() throws {
        try Command.specsearch.assertRefuses(
            ["generate", "--model", model, "--prompt", "a"], code: 66, saying: "tokenizer.json")
    }

    func testSamplingParametersOutsideTheirRangeAreRefused() throws {
        for (option, word) in [
            ("--temperature=-1", "temperature"), ("--temperature=nan", "temperature"), ("--top-k=-1", "topK"),
            ("--top-p=1.5", "topP"), ("--min-p=-0.1", "minP"),
            ("--repetition-penalty=0", "repetitionPenalty"), ("--presence-penalty=101", "presencePenalty"),
            ("--frequency-penalty=nan", "frequencyPenalty"),
        ] {
            try Command.specsearch.assertRefuses(["solve", "1 + 1?", option], code: 64, saying: word)
            try Command.specsearch.assertRefuses(
                ["generate", "--model", model, "--tokens", "1", option], code: 64, saying: word)
        }
    }

    func testSearchParametersOutsideTheirRangeAreRefused() throws {
        for (option, word) in [
            ("--width=0", "width"), ("--width=1025", "width"), ("--beams=-1", "beams"), ("--depth=0", "depth"),
            ("--theta=1.5", "theta"), ("--theta=nan", "theta"), ("--thought-tokens=0", "thoughtTokens"),
            ("--token-budget=0", "tokenBudget"),
        ] {
            try Command.specsearch.assertRefuses(["solve", "1 + 1?", option], code: 64, saying: word)
        }
    }

    func testOptionsThatMakeNoSenseAreRefusedBeforeAnythingIsLoaded() throws {
        for (arguments, word) in [
            (["solve"], "--resume"), (["solve", "a", "--resume", "b"], "--resume"), (["solve", "a", "b"], "b"),
            (["solve", "a", "--policy", "bold"], "bold"), (["solve", "a", "--strategy", "greedy"], "greedy"),
            (["solve", "a", "--aggregation", "sum"], "sum"), (["solve", "a", "--threshold", "low"], "low"),
            (["solve", "a", "--threads", "0"], "--threads"), (["solve", "a", "--threads", "257"], "--threads"),
            (["solve", "a", "--draft-tokens", "16"], "--draft-tokens"),
            (["generate", "--model", model, "--tokens", "1", "--draft-tokens=-1"], "--draft-tokens"),
            (["solve", "a", "--cache-memory", "0"], "--cache-memory"), (["solve", "a", "--seed=-1"], "--seed"),
            (["generate", "--model", model], "--prompt"), (["generate", "--tokens", "1"], "--model"),
            (["generate", "--model", model, "--tokens", "1", "--prompt", "a"], "--prompt"),
            (["generate", "--model", model, "--tokens", "1", "--max-tokens", "0"], "--max-tokens"),
            (["logits", "--model", model, "--tokens", "1", "--precision", "int3"], "int3"),
            (["logits", "--model", model, "--tokens", "1", "--prefill", "fast"], "fast"),
            (["generate", "--model", model, "--tokens", "1", "--drafters", "words"], "words"),
            (["generate", "--model", model, "--tokens", "1", "--drafters", "model"], "--draft DIR"),
            (["generate", "--model", model, "--tokens", "1", "--acceptance", "all"], "all"),
            (["generate", "--model", model, "--tokens", "1", "--acceptance", "ratio"], "--drafters ngrams"),
            (["generate", "--model", model, "--tokens", "1", "--draft-tokens", "3"], "--drafters ngrams"),
            (["generate", "--model", model, "--tokens", "1", "--draft", model, "--drafters", "ngrams"], "--draft"),
            (
                ["generate", "--model", model, "--tokens", "1", "--drafters", "ngrams", "--acceptance", "ratio"],
                "--draft-tokens"
            ),
            (["evaluate", "Weights/problems/word.jsonl", "--policies", "plain,bold"], "bold"),
            (["evaluate", "Weights/problems/word.jsonl", "--limit", "0"], "--limit"), (["think"], "think"),
            (["bench-search", "--target", "a", "--draft", "b", "--reward", "c", "--draft-good", "2"], "--draft-good"),
            (["bench-search", "--target", "a", "--draft", "b", "--reward", "c", "--policies", "plain"], "--policies"),
        ] {
            try Command.specsearch.assertMisused(arguments, saying: word)
        }
    }
}
