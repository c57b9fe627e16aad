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
                    "accuracyHigh", "accuracyLow", "answers", "correct", "counters", "policy", "problems",
                    "secondsMean", "secondsMedian",
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
        let answers = tallies.map { $0["answers"]?.array?.map { $0.with("seconds", nil) } }
        XCTAssertEqual(answers[0], answers[1], "lossless is plain, only faster")
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
        XCTAssertEqual(result.lines.count, 4)
        XCTAssertTrue(result.lines[0].hasPrefix("| policy | problems | correct |"))
        XCTAssertTrue(result.lines[2].hasPrefix("| paper | 1 |") && result.lines[3].hasPrefix("| plain | 1 |"))
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
