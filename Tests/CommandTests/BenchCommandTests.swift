import JSON
import TestSupport
import XCTest

/// `specsearch bench` and the limits that `inspect` measures.
final class BenchCommandTests: XCTestCase {
    func testEveryPhaseIsMeasured() throws {
        let arguments = [
            "bench", "--model", TinyModels.bundled("qwen/draft"), "--prompt-tokens", "40", "--generated-tokens", "4",
            "--rows", "1,3", "--repetitions", "2",
        ]
        let entries = try XCTUnwrap(try Command.specsearch.run(arguments + ["--json"]).json().array)
        let shapes = entries.map {
            [$0["phase"]?.string, $0["rows"]?.int.map { "\($0)" }, "\($0["context"]?.int ?? -1)"]
        }
        XCTAssertEqual(shapes, [["prompt", "40", "0"], ["decode", "1", "40"], ["decode", "3", "40"]])
        for entry in entries {
            XCTAssertGreaterThan(try XCTUnwrap(entry["tokensPerSecond"]?.double), 10)
            XCTAssertTrue((0.01...1).contains(try XCTUnwrap(entry["productShare"]?.double)))
            for key in ["gigabytesPerSecond", "gigaoperationsPerSecond", "shareOfLimit"] {
                XCTAssertGreaterThan(try XCTUnwrap(entry[key]?.double), 0, key)
            }
        }
        for options in [["--precision", "int8", "--threads", "1"], ["--precision", "bf16", "--activations", "bf16"]] {
            let table = try Command.specsearch.run(arguments + options).standardOutput
            for words in ["prompt of 40", "1 branch ", "3 branches", "tokens/s", "of limit"] {
                XCTAssertTrue(table.contains(words), table)
            }
        }
    }

    func testSearchesOfAShapeAreMeasuredAtTheRatesGiven() throws {
        func search(_ options: String...) throws -> [JSONValue] {
            let draft = TinyModels.bundled("qwen/draft")
            let result = try Command.specsearch.run(
                [
                    "bench-search", "--target", TinyModels.bundled("qwen/target"), "--draft", draft, "--reward", draft,
                    "--width", "3", "--depth", "4", "--thought-tokens", "8", "--repetitions", "2", "--json",
                ] + options)
            return try XCTUnwrap(try result.json().array)
        }
        func counts(_ entries: [JSONValue], _ name: String) -> [Int?] { entries.map { $0["counters"]?[name]?.int } }
        let good = try search("--draft-good", "1", "--target-good", "1", "--duplicates", "0")
        XCTAssertEqual(good.map { $0["policy"]?.string }, ["plain", "lossless", "paper", "selective"])
        XCTAssertEqual(good[0]["ratio"]?.double, 1)
        XCTAssertEqual(counts(good, "levels"), [8, 8, 8, 8])
        // The first level is the target's, all others the draft's.
        XCTAssertEqual(counts(good, "levelsWithoutCorrection"), [0, 0, 6, 6])
        XCTAssertEqual(counts(good, "thoughtsDrafted"), [0, 0, 72, 72])
        // Of the reward model's rows the question has 64, and each thought 9.
        let thoughts = 2 * (3 + 3 * 6)
        XCTAssertEqual(counts(good, "rewardRows")[0], 2 * 64 + 9 * thoughts)
        let bad = try search("--draft-good", "0", "--policies", "paper")
        XCTAssertEqual(counts(bad, "levelsWithoutCorrection"), [0, 0])
        XCTAssertEqual(counts(bad, "thoughtsCorrected"), [0, 36])
        let table = try Command.specsearch.run(
            [
                "bench-search", "--target", TinyModels.bundled("qwen/target"), "--draft",
                TinyModels.bundled("qwen/draft"), "--reward", TinyModels.bundled("qwen/draft"), "--depth", "2",
                "--thought-tokens", "4", "--repetitions", "1",
            ])
        let draft = TinyModels.bundled("qwen/draft")
        try Command.specsearch.assertMisused(
            ["bench-search", "--target", draft, "--draft", draft, "--reward", draft, "--thought-tokens", "200"],
            saying: "expected 576 and more than 2074")
        XCTAssertEqual(table.lines.count, 6)
        XCTAssertTrue(table.lines[2].hasPrefix("| plain | "))
    }

    func testAPassReadsSharedKeysAndValuesOnce() throws {
        let arguments = [
            "bench", "--model", TinyModels.bundled("qwen/target"), "--prompt-tokens", "320", "--generated-tokens", "7",
            "--repetitions", "1", "--rows", "1,16", "--json", "--threads",
        ]
        /// Bytes that are read, over those that have to be.
        func reading(_ options: String...) throws -> [Double] {
            let entries = try XCTUnwrap(try Command.specsearch.run(arguments + options).json().array)
            return try entries.dropFirst().map { entry in
                let attention = try XCTUnwrap(entry["attention"])
                XCTAssertTrue((0.001...1).contains(try XCTUnwrap(attention["share"]?.double)))
                return Double(try XCTUnwrap(attention["kvBytesRead"]?.int))
                    / Double(try XCTUnwrap(attention["kvBytesUnique"]?.int))
            }
        }
        for precision in ["f32", "int8"] {
            XCTAssertEqual(try reading("1", "--cache-precision", precision), [1, 1])
            XCTAssertEqual(try reading("1", "--cache-precision", precision, "--unshared"), [1, 1])
        }
        // Threads that have no head of their own share one, and both read it.
        XCTAssertTrue(try reading("2").allSatisfy { (1...8).contains($0) })
    }

    func testProposalsAreMeasuredBesidePlainWriting() throws {
        let arguments = [
            "bench", "--model", TinyModels.bundled("qwen/target"), "--draft", TinyModels.bundled("qwen/draft"),
            "--prompt-tokens", "40", "--generated-tokens", "40", "--rows", "1,3", "--repetitions", "3",
        ]
        for (acceptance, expected) in [("0", 0.0), ("0.5", 0.5), ("1", 1)] {
            let entries = try XCTUnwrap(
                try Command.specsearch.run(
                    arguments + ["--acceptance", acceptance, "--draft-tokens", "3", "--json"]
                ).json().array)
            XCTAssertEqual(entries.map { $0["rows"]?.int }, [1, 3])
            for entry in entries {
                XCTAssertEqual(entry["phase"], "speculation")
                let speeds = try ["tokensPerSecond", "plainTokensPerSecond"].map {
                    try XCTUnwrap(entry[$0]?.double)
                }
                XCTAssertGreaterThan(speeds[0], 10)
                XCTAssertGreaterThan(try XCTUnwrap(entry["ratio"]?.double), 0.1)
                // A pass confirms what was accepted and adds a token.
                let passes = Double(try XCTUnwrap(entry["targetPasses"]?.int))
                let chain = 1 + expected + expected * expected + expected * expected * expected
                XCTAssertEqual(40 / passes, chain, accuracy: 0.5 + 0.3 * expected)
            }
        }
        let table = try Command.specsearch.run(arguments).standardOutput
        for words in ["1 branch ", "3 branches", "plain", "ratio"] { XCTAssertTrue(table.contains(words), table) }
    }

    func testWrongNumbersAreRefused() throws {
        let model = ["bench", "--model", TinyModels.bundled("qwen/draft")]
        for (option, value) in [
            ("--prompt-tokens", "0"), ("--generated-tokens", "5000"), ("--repetitions", "0"), ("--rows", "0"),
            ("--rows", "1,x"), ("--precision", "int3"), ("--activations", "f16"),
            ("--acceptance", "1.5"), ("--draft-tokens", "many"),
        ] {
            try Command.specsearch.assertMisused(model + [option, value], saying: option)
        }
        try Command.specsearch.assertMisused(model + ["--draft", "x", "--unshared"], saying: "--unshared measures")
        for options in [["--acceptance", "0.5"], ["--draft-tokens", "2"]] {
            try Command.specsearch.assertMisused(model + options, saying: "--draft DIR")
        }
        try Command.specsearch.assertMisused(
            model + ["--draft", TinyModels.bundled("qwen/draft"), "--generated-tokens", "1000"], saying: "1024 tokens")
        try Command.specsearch.assertMisused(
            model + ["--activations", "bf16", "--prefill", "blas"], saying: "--prefill blas multiplies in 32 bits")
    }

    func testTheMachinesLimitsAreMeasured() throws {
        let limits = try XCTUnwrap(try Command.specsearch.run(["inspect", "--limits", "--json"]).json()["limits"])
        XCTAssertGreaterThan(try XCTUnwrap(limits["gigabytesPerSecond"]?.double), 0.5)
        XCTAssertGreaterThan(try XCTUnwrap(limits["byteGigaoperationsPerSecond"]?.double), 1)
        XCTAssertGreaterThan(try XCTUnwrap(limits["floatGigaoperationsPerSecond"]?.double), 1)
        XCTAssertGreaterThan(try XCTUnwrap(limits["roundedGigaoperationsPerSecond"]?.double), 1)
        XCTAssertTrue((1..<1e7).contains(try XCTUnwrap(limits["barrierNanoseconds"]?.double)))
    }
}
