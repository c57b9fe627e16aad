import JSON
import SpecSearch
import XCTest

/// What a search gives back: tree, fingerprint, counters, JSON.
final class SearchOutcomeTests: XCTestCase {
    /// A search with every state: two levels, a rejected draft, a correction.
    private func finished() throws -> SearchOutcome {
        var script = try SearchScript(width: 1, beams: 1, theta: 0.5)
        try script.write("a")
        try script.score(0.75)
        try script.write("b c")
        try script.score(0.25, 0.125)
        try script.write("!")
        try script.score(0.5)
        return try XCTUnwrap(script.outcome)
    }

    func testJSONHasTheFormOfSolve() throws {
        var outcome = try finished()
        outcome.counters.targetRows = 9
        let json = outcome.json(question: "Why?", seed: 7, seconds: 0.5)
        XCTAssertEqual(
            json,
            [
                "question": "Why?", "answer": "7", "text": "a\nThe answer is 7.\n", "complete": true,
                "reason": "answered", "policy": "paper", "strategy": "beam", "seed": 7,
                "thoughts": [
                    thought(0, nil, 1, "a\n", 0.75, "target", "kept"),
                    thought(1, 0, 2, "b\n", 0.25, "draft", "rejected"),
                    thought(2, 0, 2, "c\n", 0.125, "draft", "rejected"),
                    thought(3, 0, 2, "The answer is 7.\n", 0.5, "target", "kept"),
                ],
                "path": [0, 3],
                "counters": [
                    "targetRows": 9, "targetPasses": 0, "draftRows": 0, "draftPasses": 0, "rewardRows": 0,
                    "rowsRecomputed": 0, "pagesAllocated": 0, "pagesEvicted": 0, "tokensDrafted": 0,
                    "tokensAccepted": 0,
                    "ngramTokensDrafted": 0, "ngramTokensAccepted": 0, "thoughtsDrafted": 2,
                    "thoughtsAccepted": 0,
                    "thoughtsCorrected": 1, "thoughtsChecked": 0, "thoughtsRefused": 0, "levels": 2,
                    "levelsWithoutCorrection": 0, "levelsAudited": 0,
                    "auditsHit": 0, "kvBytesPeak": 0,
                    "kvBytesUnshared": 0,
                ],
                "seconds": 0.5,
            ])
        XCTAssertEqual(try JSONValue(parsing: json.serialized()), json)
    }

    private func thought(
        _ id: Int, _ parent: Int?, _ depth: Int, _ text: String, _ score: Double, _ origin: String, _ state: String
    ) -> JSONValue {
        [
            "id": .integer(id), "parent": parent.map { .integer($0) } ?? .null, "depth": .integer(depth),
            "text": .string(text), "score": .number(score), "origin": .string(origin), "state": .string(state),
        ]
    }

    func testSeedsBeyondTheIntegersOfJSONAreTexts() throws {
        XCTAssertEqual(try finished().json(question: "", seed: .max, seconds: 0)["seed"], "18446744073709551615")
    }

    func testUnfinishedSearchHasNoAnswerInJSON() throws {
        var script = try SearchScript(width: 1)
        script.search.stop()
        let json = try XCTUnwrap(script.outcome).json(question: "?", seed: 0, seconds: 0)
        XCTAssertEqual(json["answer"], .null)
        XCTAssertEqual(json["complete"], false)
        XCTAssertEqual(json["path"], [])
    }

    func testPathsAndChildrenFollowTheTree() throws {
        let tree = try finished().tree
        XCTAssertEqual(tree.path(of: 3), [0, 3])
        XCTAssertEqual(tree.path(of: nil), [])
        XCTAssertEqual(tree.children(of: nil), [0])
        XCTAssertEqual(tree.children(of: 0), [1, 2, 3])
        XCTAssertEqual(tree.text(of: 1), "a\nb\n")
        XCTAssertEqual(tree.thoughts.map(\.depth), [1, 2, 2, 2])
    }

    func testFingerprintIsTheOneThatAnotherProgramComputes() throws {
        XCTAssertEqual(ThoughtTree().fingerprint, 0xCBF2_9CE4_8422_2325)
        XCTAssertEqual(try finished().tree.fingerprint, 0x1E13_82A0_0EAF_9E41)
    }

    func testFingerprintSeesEveryDifference() throws {
        func fingerprint(_ words: String, _ scores: [Float], _ policy: SpeculationPolicy = .plain) throws -> UInt64 {
            var script = try SearchScript(policy, width: 2, beams: 1, depth: 1)
            try script.write(words)
            try script.search.tell(scores: scores)
            return script.search.tree.fingerprint
        }
        let fingerprints = try [
            fingerprint("a b", [0.5, 0.25]), fingerprint("a c", [0.5, 0.25]), fingerprint("b a", [0.5, 0.25]),
            fingerprint("a b", [0.25, 0.5]), fingerprint("a b", [0.5, Float(0.25).nextUp]), fingerprint("a a", [0.5]),
            fingerprint("a _", [0.5]), fingerprint("_ a", [0.5]), fingerprint("ab _", [0.5]),
        ]
        XCTAssertEqual(Set(fingerprints).count, fingerprints.count)
    }

    func testEventsTellTheWholeTree() throws {
        var script = try SearchScript(width: 1, beams: 1, theta: 0.5)
        try script.write("a")
        try script.score(0.75)
        try script.write("b c")
        try script.score(0.25, 0.5)
        XCTAssertEqual(
            script.events.map(describe),
            [
                "proposed target a", "scored 0 0.75", "kept 0", "level 1 0.375", "proposed draft b", "proposed draft c",
                "scored 1 0.25", "scored 2 0.5", "rejected 1", "accepted 2", "kept 2", "level 2 0.4375",
            ])
        script.events = []
        try script.write("! d")
        try script.score(0.125, 0)
        try script.write("!")
        XCTAssertEqual(
            script.events.map(describe),
            [
                "proposed draft The answer is 7.", "proposed draft d", "scored 3 0.125", "scored 4 0.0", "rejected 3",
                "rejected 4", "corrected target The answer is 7.", "scored 5 0.125", "kept 5", "level 3 0.28125",
                "finished answered",
            ])
    }

    private func describe(_ event: SearchEvent) -> String {
        switch event {
        case .proposed(let thought): "proposed \(thought.origin) \(thought.text.prefix { $0 != "\n" })"
        case .corrected(let thought): "corrected \(thought.origin) \(thought.text.prefix { $0 != "\n" })"
        case .merged(let id): "merged \(id)"
        case .scored(let id, let score): "scored \(id) \(score)"
        case .accepted(let id): "accepted \(id)"
        case .rejected(let id): "rejected \(id)"
        case .kept(let id): "kept \(id)"
        case .pruned(let id): "pruned \(id)"
        case .levelFinished(let depth, let threshold): "level \(depth) \(threshold.map { "\($0)" } ?? "-")"
        case .finished(let outcome): "finished \(outcome.reason)"
        }
    }

    func testCountersAddUpExceptMemory() {
        var left = Counters()
        left.targetRows = 1
        left.levels = 2
        left.kvBytesPeak = 30
        left.kvBytesUnshared = 40
        var right = Counters()
        right.targetRows = 10
        right.levels = 20
        right.levelsWithoutCorrection = 5
        right.kvBytesPeak = 20
        right.kvBytesUnshared = 90
        let sum = left + right
        XCTAssertEqual(sum, right + left)
        XCTAssertEqual(sum.targetRows, 11)
        XCTAssertEqual(sum.levels, 22)
        XCTAssertEqual(sum.levelsWithoutCorrection, 5)
        XCTAssertEqual(sum.kvBytesPeak, 30)
        XCTAssertEqual(sum.kvBytesUnshared, 40)
    }

    func testEveryCounterIsAddedAndReported() {
        let every: [WritableKeyPath<Counters, Int>] = [
            \.targetRows, \.targetPasses, \.draftRows, \.draftPasses, \.rewardRows, \.rowsRecomputed,
            \.pagesAllocated, \.pagesEvicted, \.tokensDrafted, \.tokensAccepted, \.ngramTokensDrafted,
            \.ngramTokensAccepted, \.thoughtsDrafted,
            \.thoughtsAccepted, \.thoughtsCorrected, \.thoughtsChecked, \.thoughtsRefused, \.levels,
            \.levelsWithoutCorrection, \.levelsAudited, \.auditsHit,
        ]
        var ones = Counters()
        for (index, counter) in every.enumerated() { ones[keyPath: counter] = index + 1 }
        let twice = ones + ones
        for (index, counter) in every.enumerated() { XCTAssertEqual(twice[keyPath: counter], 2 * (index + 1)) }
        XCTAssertEqual(
            twice.json.object?.members.map(\.name),
            [
                "targetRows", "targetPasses", "draftRows", "draftPasses", "rewardRows", "rowsRecomputed",
                "pagesAllocated", "pagesEvicted", "tokensDrafted", "tokensAccepted", "ngramTokensDrafted",
                "ngramTokensAccepted", "thoughtsDrafted",
                "thoughtsAccepted", "thoughtsCorrected", "thoughtsChecked", "thoughtsRefused", "levels",
                "levelsWithoutCorrection", "levelsAudited", "auditsHit", "kvBytesPeak", "kvBytesUnshared",
            ])
        XCTAssertEqual(twice.json.object?.members.map(\.value.int), (1...21).map { 2 * $0 } + [0, 0])
    }
}
