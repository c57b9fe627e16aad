import JSON
import TestSupport
import XCTest

/// `specsearch evaluate`: what it measures is counted right.
final class EvaluateCommandTests: XCTestCase {
    private let problems = RepositoryRoot.path(of: "Weights/problems")

    private func evaluate(_ file: String, _ options: String...) throws -> Command.Result {
        try Command.specsearch.run(["evaluate", file, "--threads", "1"] + options)
    }

    func testEveryPolicySolvesEveryProblem() throws {
        let result = try evaluate(problems + "/countdown.jsonl", "--limit", "3", "--width", "2", "--json")
        let tallies = try XCTUnwrap(try result.json().array)
        XCTAssertEqual(tallies.map { $0["policy"]?.string }, ["plain", "lossless", "paper"])
        for tally in tallies {
            XCTAssertEqual(
                tally.names,
                [
                    "accuracyHigh", "accuracyLow", "answers", "comparison", "correct", "counters", "phases", "policy",
                    "problems", "seconds95", "secondsMean", "secondsMedian",
                ])
            let answers = try XCTUnwrap(tally["answers"]?.array)
            XCTAssertEqual(tally["problems"], 3)
            XCTAssertEqual(answers.map { $0["id"]?.string }, (0..<3).map { "countdown-000\($0)" })
            let correct = answers.count { $0["correct"] == true }
            XCTAssertEqual(tally["correct"]?.int, correct)
            let (low, high) = (tally["accuracyLow"]?.double ?? .nan, tally["accuracyHigh"]?.double ?? .nan)
            XCTAssertTrue(0 <= low && low <= Double(correct) / 3 && Double(correct) / 3 <= high && high <= 1)
            XCTAssertGreaterThan(try XCTUnwrap(tally["counters"]?["targetPasses"]?.int), 0)
        }
        XCTAssertEqual(findings(tallies[0]), findings(tallies[1]), "lossless is plain, only faster")
    }

    /// What was answered, and whether that is right.
    private func findings(_ tally: JSONValue) -> [[JSONValue?]]? {
        tally["answers"]?.array?.map { [$0["id"], $0["seed"], $0["answer"], $0["correct"]] }
    }

    func testBaselinesThatWriteOneTextAfterTheOtherFindTheSame() throws {
        let result = try evaluate(
            problems + "/subset.jsonl", "--limit", "2", "--width", "3", "--depth", "3", "--policies",
            "serial-plain,plain,serial-lossless", "--json")
        let tallies = try XCTUnwrap(try result.json().array)
        XCTAssertEqual(tallies.map { $0["policy"]?.string }, ["serial-plain", "plain", "serial-lossless"])
        XCTAssertEqual(findings(tallies[0]), findings(tallies[1]))
        XCTAssertEqual(findings(tallies[2]), findings(tallies[1]))
        let counts = { (name: String) in try tallies.map { try XCTUnwrap($0["counters"]?[name]?.int) } }
        let passes = try counts("targetPasses")
        XCTAssertGreaterThan(passes[0], 3 * passes[1], "one row in each pass")
        XCTAssertEqual(try counts("rewardRows")[0], try counts("rewardRows")[1])
        for tally in tallies {
            let comparison = tally["comparison"]
            XCTAssertEqual(comparison == .null, tally["policy"] == "plain")
            guard comparison != .null else { continue }
            XCTAssertEqual(comparison?["better"], 0)
            XCTAssertEqual(comparison?["difference"]?.double, 0)
            XCTAssertEqual(comparison?["p"]?.double, 1)
        }
    }

    func testAnEvaluationGoesOnWhereItStopped() throws {
        let folder = try ModelCopy(of: problems)
        let kept = folder.path(of: "kept.jsonl")
        func run(_ limit: String, _ options: String...) throws -> [JSONValue] {
            let result = try Command.specsearch.run(
                [
                    "evaluate", problems + "/countdown.jsonl", "--threads", "1", "--limit", limit, "--width", "2",
                    "--seeds", "2", "--policies", "plain,paper", "--json",
                ] + options)
            return try XCTUnwrap(try result.json().array)
        }
        let whole = try run("3")
        _ = try run("2", "--results", kept)
        let lines = { try String(contentsOfFile: kept, encoding: .utf8).split(separator: "\n") }
        XCTAssertEqual(try lines().count, 1 + 2 * 2 * 2)
        // The last line was not written to its end.
        let text = try String(contentsOfFile: kept, encoding: .utf8)
        try String(text.dropLast(20)).write(toFile: kept, atomically: true, encoding: .utf8)
        let first = try lines()[1]
        let resumed = try run("3", "--results", kept)
        XCTAssertEqual(try lines().count, 1 + 3 * 2 * 2)
        XCTAssertEqual(try lines()[1], first, "what is there is not run again")
        XCTAssertEqual(resumed.map(findings), whole.map(findings))
        XCTAssertEqual(resumed[0]["problems"], 6)
        try Command.specsearch.assertRefuses(
            ["evaluate", problems + "/countdown.jsonl", "--width", "3", "--results", kept], code: 65,
            saying: "other searches")
        try Command.specsearch.assertRefuses(
            ["evaluate", problems + "/countdown.jsonl", "--results", folder.path], code: 65, saying: folder.path)
        try folder.write("somebody's only line", to: "other.txt")
        try Command.specsearch.assertRefuses(
            ["evaluate", problems + "/countdown.jsonl", "--results", folder.path(of: "other.txt")], code: 65,
            saying: "other searches")
        let other = try String(contentsOfFile: folder.path(of: "other.txt"), encoding: .utf8)
        XCTAssertEqual(other, "somebody's only line")
        try (text + "{}\n").write(toFile: kept, atomically: true, encoding: .utf8)
        try Command.specsearch.assertRefuses(
            [
                "evaluate", problems + "/countdown.jsonl", "--threads", "1", "--width", "2", "--policies", "plain",
                "--results", kept,
            ], code: 65, saying: "line 10 is no result")
    }

    func testWhatWasRememberedIsNotGoneOnWithButAddedTo() throws {
        let folder = try ModelCopy(of: problems)
        let kept = folder.path(of: "kept.jsonl")
        let arguments = { (limit: String, policies: String) in
            [
                "evaluate", self.problems + "/countdown.jsonl", "--threads", "1", "--width", "2", "--remember",
                "--json",
                "--results", kept, "--limit", limit, "--policies", policies,
            ]
        }
        XCTAssertEqual(try Command.specsearch.run(arguments("2", "plain,paper")).json().array?.count, 2)
        // As many results as are asked for, but of others.
        try Command.specsearch.assertRefuses(
            arguments("4", "paper"), code: 65, saying: "holds results of paper for 2 of 4 problems")
        let result = try Command.specsearch.run(arguments("2", "plain,paper,selective"))
        XCTAssertEqual(try XCTUnwrap(try result.json().array).count, 3)
        let lines = try String(contentsOfFile: kept, encoding: .utf8).split(separator: "\n")
        XCTAssertEqual(lines.count, 1 + 6)
    }

    func testCheckersKnowRightFromWrong() throws {
        let folder = try ModelCopy(of: problems)
        let question = #""question": "Reach 14 from 2 5 7.""#
        let lines = [
            #"{"id": "a", "task": "countdown", \#(question), "answer": "14", "target": 14, "numbers": [2, 5, 7]}"#,
            #"{"id": "b", "task": "countdown", \#(question), "answer": "15", "target": 15, "numbers": [2, 5, 7]}"#,
            #"{"id": "c", "task": "countdown", \#(question), "answer": "14", "target": 14, "numbers": [2, 5, 8]}"#,
            #"{"id": "d", \#(question), "answer": "14"}"#,
            #"{"id": "e", "task": "exact", \#(question), "answer": "fourteen"}"#,
            #"{"id": "f", "task": "subset", \#(question), "answer": "9 5", "target": 14, "numbers": [5, 9, 14]}"#,
            #"{"id": "g", "task": "subset", \#(question), "answer": "9 5", "target": 14, "numbers": [5, 9]}"#,
            #"{"id": "h", "task": "subset", \#(question), "answer": "14", "target": 15, "numbers": [1, 14]}"#,
        ]
        try folder.write(lines.joined(separator: "\n") + "\n\n", to: "own.jsonl")
        let tallies = try evaluate(folder.path(of: "own.jsonl"), "--seed", "1", "--policies", "paper", "--json").json()
        let answers = try XCTUnwrap(tallies.array?.first?["answers"]?.array)
        XCTAssertEqual(answers.map { $0["answer"]?.string }, Array(repeating: "14", count: 8))
        XCTAssertEqual(answers.map { $0["correct"]?.bool }, [true, false, false, true, false, true, false, false])
    }

    func testPeopleSeeATable() throws {
        let result = try evaluate(
            problems + "/word.jsonl", "--limit", "1", "--width", "2", "--policies", "paper,plain")
        XCTAssertEqual(result.lines[0], "| policy | paper | plain |")
        XCTAssertEqual(result.lines[2], "| problems | 1 | 1 |")
        let speed = try XCTUnwrap(result.lines.first { $0.hasPrefix("| times as fast as plain | ") })
        XCTAssertTrue(speed.hasSuffix(" | 1.00 |"))
        XCTAssertEqual(Set(result.lines.map { line in line.count { $0 == "|" } }).count, 1)
    }

    func testFilesThatHoldNoProblemsAreRefused() throws {
        let folder = try ModelCopy(of: problems)
        let broken: [(text: String, words: String)] = [
            ("{\"id\": \"a\"}\n", "line 1"), ("\n[1]\n", "line 2"), ("{", "line 1"), ("\n", "no problems"),
            (#"{"id": "a", "question": " ", "answer": "1"}"#, "question is empty"),
            (#"{"id": "a", "question": "q", "answer": "1", "task": "riddle"}"#, "riddle"),
            (#"{"id": "a", "question": "q", "answer": "1", "task": "countdown", "target": 3}"#, "numbers"),
        ]
        for (text, words) in broken {
            try folder.write(text, to: "broken.jsonl")
            try Command.specsearch.assertRefuses(
                ["evaluate", folder.path(of: "broken.jsonl")], code: 65, saying: words)
        }
        try Command.specsearch.assertRefuses(["evaluate", folder.path], code: 65, saying: folder.path)
        try Command.specsearch.assertRefuses(
            ["evaluate", folder.path(of: "missing.jsonl")], code: 66, saying: "missing.jsonl")
    }
}
