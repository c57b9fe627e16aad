import Foundation
import JSON
import TestSupport
import XCTest

/// `specsearch solve`: the documented form, and the same tree however it is computed.
final class SolveCommandTests: XCTestCase {
    private static let counters = [
        "auditsHit", "draftPasses", "draftRows", "kvBytesPeak", "kvBytesUnshared", "levels", "levelsAudited",
        "levelsWithoutCorrection", "ngramTokensAccepted", "ngramTokensDrafted", "pagesAllocated",
        "pagesEvicted", "rewardRows", "rowsRecomputed", "targetPasses", "targetRows", "thoughtsAccepted",
        "thoughtsChecked", "thoughtsCorrected", "thoughtsDrafted", "thoughtsRefused", "tokensAccepted",
        "tokensDrafted",
    ]
    private let question = "Reach 14 from 3 9 12 14."
    private let policies = ["plain", "lossless", "paper", "selective"]

    private func solve(_ policy: String, _ options: String...) throws -> JSONValue {
        let result = try Command.specsearch.run(
            ["solve", question, "--policy", policy, "--json", "--quiet", "--width", "3", "--seed", "3"] + options)
        XCTAssertEqual(result.standardError, "")
        return try result.json()
    }

    /// What the search found, as text, without what it took.
    private func tree(_ output: JSONValue) -> String {
        ["counters", "phases", "policy", "seconds"].reduce(output) { $0.with($1, nil) }.serialized()
    }

    func testChatModelsAreAskedByTheirTemplates() throws {
        let copy = try ModelCopy(of: RepositoryRoot.path(of: "Weights/qwen"))
        try copy.setField("prompt", to: "{question}", in: "bundle.json")
        try copy.setField("chatTemplate", to: "model", in: "bundle.json")
        try copy.setField("system", to: "Q:", in: "bundle.json")
        for model in ["target", "reward"] {
            let template = "{{ messages[0].content }} {{ messages[1].content }}\n\n"
            try copy.write(template, to: model + "/chat_template.jinja")
        }
        XCTAssertEqual(tree(try solve("paper", "--bundle", copy.path)), tree(try solve("paper")))
        try Command.specsearch.assertRefuses(
            ["solve", question, "--quiet", "--bundle", copy.path, "--chat-template", "raw"], code: 65,
            saying: "system is given")
        try copy.remove("reward/chat_template.jinja")
        try Command.specsearch.assertRefuses(
            ["solve", question, "--quiet", "--bundle", copy.path], code: 66, saying: "reward has no chat template")
    }

    func testOutputHasTheDocumentedForm() throws {
        for policy in policies {
            let output = try solve(policy)
            XCTAssertEqual(
                output.names,
                [
                    "activations", "answer", "cachePrecision", "complete", "counters", "kernels", "path", "phases",
                    "policy",
                    "prefill", "question",
                    "reason", "seconds", "seed", "strategy", "text", "thoughts",
                ])
            XCTAssertEqual(output["question"]?.string, question)
            XCTAssertEqual(output["policy"]?.string, policy)
            XCTAssertEqual(output["strategy"], "beam")
            XCTAssertEqual(output["seed"], 3)
            let phases = try XCTUnwrap(output["phases"]?.object)
            XCTAssertEqual(phases.members.map(\.name), ["target", "draft", "reward", "planning", "choosing"])
            let (seconds, busy) = (try XCTUnwrap(output["seconds"]?.double), phases.members.compactMap(\.value.double))
            XCTAssertTrue((0.1...1).contains(busy.reduce(0, +) / seconds), "\(busy) of \(seconds) s")
            // Under `lossless` as many tokens are proposed as pay, which may be none.
            if policy != "lossless" { XCTAssertEqual(busy[1] == 0, policy == "plain") }
            XCTAssertEqual(output["counters"]?.names, Self.counters)
            let thoughts = try XCTUnwrap(output["thoughts"]?.array)
            for index in thoughts.indices { try checkThought(index, of: thoughts, policy) }
            try checkPath(output, thoughts)
        }
    }

    private func checkThought(_ index: Int, of thoughts: [JSONValue], _ policy: String) throws {
        let thought = thoughts[index]
        XCTAssertEqual(thought.names, ["depth", "id", "origin", "parent", "score", "state", "text"])
        XCTAssertEqual(thought["id"]?.int, index)
        let depth = try XCTUnwrap(thought["depth"]?.int)
        if let parent = thought["parent"]?.int {
            XCTAssertLessThan(parent, index)
            XCTAssertEqual(thoughts[parent]["depth"]?.int, depth - 1)
            XCTAssertEqual(thoughts[parent]["state"], "kept", "only what is kept is continued")
        } else {
            XCTAssertEqual(thought["parent"], .null)
            XCTAssertEqual(depth, 1)
        }
        let score = try XCTUnwrap(thought["score"]?.double)
        XCTAssertTrue((0...1).contains(score))
        let state = try XCTUnwrap(thought["state"]?.string)
        XCTAssertTrue(["kept", "pruned", "rejected"].contains(state), state)
        let origin = try XCTUnwrap(thought["origin"]?.string)
        XCTAssertTrue(origin == "target" || origin == "draft" && ["paper", "selective"].contains(policy), origin)
        XCTAssertTrue(state != "rejected" || origin == "draft", "only drafts are rejected")
    }

    private func checkPath(_ output: JSONValue, _ thoughts: [JSONValue]) throws {
        let path = try XCTUnwrap(output["path"]).integers
        XCTAssertFalse(path.isEmpty)
        for (depth, id) in path.enumerated() {
            XCTAssertEqual(thoughts[id]["parent"]?.int, depth == 0 ? nil : path[depth - 1])
        }
        XCTAssertEqual(output["text"]?.string, path.compactMap { thoughts[$0]["text"]?.string }.joined())
        let answer = try XCTUnwrap(output["answer"]?.string)
        XCTAssertEqual(output["text"]?.string?.contains("The answer is \(answer)."), true)
    }

    func testTheSameSeedGivesTheSameOutput() throws {
        for policy in policies {
            // Without a length, how many tokens pay depends on measurements.
            let runs = try (0..<2).map { _ in
                try solve(policy, "--draft-tokens", "4").with("seconds", nil).with("phases", nil)
            }
            XCTAssertEqual(runs[0].serialized(), runs[1].serialized(), policy)
        }
        let thoughts = try ["3", "4"].map { try solve("plain", "--seed", $0)["thoughts"] }
        XCTAssertNotEqual(thoughts[0], thoughts[1])
    }

    func testThreadsAndDraftedTokensChangeNothing() throws {
        for policy in policies {
            let usual = try solve(policy, "--threads", "1", "--draft-tokens", "4")
            XCTAssertGreaterThan(try XCTUnwrap(usual["thoughts"]?.array).count, 6)
            for (threads, length) in [("2", "4"), ("1", "0"), ("2", "15")] {
                let other = try solve(policy, "--threads", threads, "--draft-tokens", length)
                XCTAssertEqual(tree(other), tree(usual), "\(policy), \(threads) threads, \(length) tokens")
            }
        }
    }

    func testATraceHasEveryPass() throws {
        let folder = try ModelCopy(of: RepositoryRoot.path(of: "Weights/qwen"))
        let path = folder.path + "/trace.json"
        let output = try solve("paper", "--trace", path)
        XCTAssertEqual(tree(output), tree(try solve("paper")))
        let trace = try JSONValue(parsing: String(contentsOfFile: path, encoding: .utf8))
        let events = try XCTUnwrap(trace["traceEvents"]?.array)
        for (phase, passes, rows) in [("target", "targetPasses", "targetRows"), ("draft", "draftPasses", "draftRows")] {
            let own = events.filter { $0["name"]?.string == phase }
            // Whoever calibrates runs passes as well.
            XCTAssertGreaterThanOrEqual(own.count, try XCTUnwrap(output["counters"]?[passes]?.int))
            let sum = own.reduce(0) { $0 + ($1["args"]?["rows"]?.int ?? 0) }
            XCTAssertGreaterThanOrEqual(sum, try XCTUnwrap(output["counters"]?[rows]?.int))
        }
        let times = events.compactMap { $0["ts"]?.double }
        XCTAssertEqual(times.count, events.count)
        for event in events { XCTAssertEqual(event["ph"], "X") }
        for phase in ["target", "draft", "reward", "planning", "choosing"] {
            XCTAssertGreaterThan(try XCTUnwrap(trace["otherData"]?["seconds"]?[phase]?.double), 0, phase)
        }
        for wrong in ["/nowhere/trace.json", folder.path] {
            try Command.specsearch.assertRefuses(
                ["solve", question, "--quiet", "--trace", wrong], code: 64, saying: wrong)
        }
    }

    func testLittleMemoryIsSaidAndChangesNothingElse() throws {
        let usual = try solve("paper", "--width", "12")
        let scarce = try solve("paper", "--width", "12", "--cache-memory", "1")
        XCTAssertEqual(tree(scarce), tree(usual))
        XCTAssertEqual(usual["counters"]?["rowsRecomputed"], 0)
        XCTAssertEqual(usual["counters"]?["pagesEvicted"], 0)
        let pages = [usual, scarce].compactMap { $0["counters"]?["pagesAllocated"]?.int }
        XCTAssertTrue(pages.count == 2 && pages.allSatisfy { $0 > 0 }, "\(pages)")
        XCTAssertGreaterThan(try XCTUnwrap(scarce["counters"]?["pagesEvicted"]?.int), 0)
        XCTAssertGreaterThan(try XCTUnwrap(scarce["counters"]?["rowsRecomputed"]?.int), 0)
        let arguments = ["solve", question, "--quiet", "--width", "12", "--cache-memory", "1"]
        XCTAssertTrue(try Command.specsearch.run(arguments).standardOutput.contains("tokens computed again"))
    }

    func testLosslessFindsTheTreeOfPlain() throws {
        let (plain, lossless) = (try solve("plain"), try solve("lossless", "--draft-tokens", "4"))
        XCTAssertEqual(tree(plain), tree(lossless))
        XCTAssertEqual(plain["counters"]?["tokensDrafted"], 0)
        XCTAssertGreaterThan(try XCTUnwrap(lossless["counters"]?["tokensAccepted"]?.int), 0)
        XCTAssertLessThan(
            try XCTUnwrap(lossless["counters"]?["targetPasses"]?.int),
            try XCTUnwrap(plain["counters"]?["targetPasses"]?.int))
    }

    func testCountersAgreeWithTheTree() throws {
        for policy in policies {
            let output = try solve(policy)
            let thoughts = try XCTUnwrap(output["thoughts"]?.array)
            let counters = try XCTUnwrap(output["counters"])
            let drafts = thoughts.count { $0["origin"] == "draft" }
            XCTAssertEqual(drafts > 0, ["paper", "selective"].contains(policy))
            XCTAssertLessThanOrEqual(drafts, try XCTUnwrap(counters["thoughtsDrafted"]?.int))
            XCTAssertEqual(
                counters["thoughtsAccepted"]?.int,
                thoughts.count { $0["origin"] == "draft" && $0["state"] != "rejected" })
            XCTAssertEqual(counters["levels"]?.int, thoughts.compactMap { $0["depth"]?.int }.max())
            XCTAssertLessThan(
                try XCTUnwrap(counters["kvBytesPeak"]?.int), try XCTUnwrap(counters["kvBytesUnshared"]?.int),
                "branches share their prefix")
        }
    }

    func testABudgetEndsWithTheBestPathSoFar() throws {
        let output = try solve("plain", "--token-budget", "60")
        XCTAssertEqual(output["reason"], "budget")
        XCTAssertEqual(output["complete"], false)
        XCTAssertFalse(try XCTUnwrap(output["path"]).integers.isEmpty)
    }

    func testASearchThatFillsTheContextStillEndsWithAPath() throws {
        // At this temperature nothing ends a thought, so that paths grow until the context of 1024 tokens is full.
        let result = try Command.specsearch.run([
            "solve", question, "--policy", "plain", "--json", "--quiet", "--width", "2", "--beams", "1",
            "--temperature",
            "1000", "--depth", "40", "--thought-tokens", "100",
        ])
        let output = try result.json()
        XCTAssertFalse(try XCTUnwrap(output["path"]).integers.isEmpty)
    }

    func testPeopleSeeTheTreeAndTheAnswer() throws {
        let result = try Command.specsearch.run(["solve", question, "--width", "2", "--policy", "paper"])
        XCTAssertTrue(result.hasExited && result.status == 0)
        XCTAssertTrue(result.errorLines.contains { $0.contains("#0 target") }, result.standardError)
        XCTAssertTrue(result.errorLines.contains { $0.contains("level 1 is done") }, result.standardError)
        for name in ["answer", "policy", "target", "draft", "thoughts", "KV memory", "time"] {
            XCTAssertEqual(result.lines.count { $0.hasPrefix(name + " ") }, 1, result.standardOutput)
        }
        XCTAssertFalse(result.standardError.contains("\u{1B}"), "no colours for a file")
    }
}
