import Foundation
import SpecSearch
import TestSupport
import XCTest

/// What each strategy continues and chooses, answered by hand.
final class StrategyTests: XCTestCase {
    // MARK: Diverse trees

    func testTreesKeepTheBestOfTheirOwnAndNeverCompete() throws {
        var script = try SearchScript(.plain, .dvts, width: 2, beams: 2)
        XCTAssertEqual(script.requests, (0..<2).flatMap { tree in (0..<2).map { "- target \(4 * tree + $0)" } })
        try script.write("a b c d")
        try script.score(1, 0.75, 0.25, 0.5)
        XCTAssertEqual(script.thoughts(.kept), ["a", "d"])
        XCTAssertEqual(script.requests, ["a target 0", "a target 1", "d target 0", "d target 1"])
        try script.write("e f g !")
        try script.score(0.875, 0.75, 0.25, 0.5)
        // The tree that is finished keeps its place: one goes on.
        XCTAssertEqual(script.requests, ["e target 0", "e target 1"])
        try script.write("h. i")
        try script.score(0.25, 0.125)
        XCTAssertEqual(script.outcome?.reason, .answered)
        XCTAssertEqual(script.outcome?.text, "d\nThe answer is 7.\n")
    }

    func testTreeWhoseThoughtsAreAllAnothersEnds() throws {
        var script = try SearchScript(.plain, .dvts, width: 2, beams: 2)
        try script.write("a b b a")
        try script.score(0.5, 0.25)
        XCTAssertEqual(script.requests, ["a target 0", "a target 1"])
    }

    func testDiverseTreesDraftAndCorrectInCommonBatches() throws {
        var script = try SearchScript(.paper, .dvts, width: 1, beams: 2, theta: 0.5)
        try script.write("a b")
        try script.score(1, 0.5)
        XCTAssertEqual(script.requests, ["a draft 0", "a draft 1", "b draft 0", "b draft 1"])
        try script.write("c d e f")
        try script.score(0.75, 0, 0, 0.25)
        XCTAssertEqual(script.requests, ["b target 0"])
    }

    // MARK: Solutions

    func testBestOfNTakesTheSolutionWithTheHighestValue() throws {
        var script = try SearchScript(.plain, .bestOfN, width: 3)
        guard case .write(let requests) = script.search.ask() else { return XCTFail("nothing asked") }
        XCTAssertEqual(requests.map(\.extent), [.solution, .solution, .solution])
        XCTAssertEqual(requests.map(\.maxTokens), [512, 512, 512])
        try script.write("a,!1 a,b,!2 c")
        // Thoughts that two solutions share are judged once.
        XCTAssertEqual(script.unjudged, ["a", "The answer is 1.", "b", "The answer is 2.", "c"])
        try script.score(0, 0.5, 0.25, 0.75, 1)
        let outcome = try XCTUnwrap(script.outcome)
        XCTAssertEqual(outcome.answer, "2")
        XCTAssertEqual(outcome.text, "a\nb\nThe answer is 2.\n")
        XCTAssertEqual(outcome.reason, .answered)
        XCTAssertEqual(script.thoughts(.kept), ["a", "b", "The answer is 2."])
        XCTAssertEqual(script.thoughts(.open), [])
    }

    func testMostFrequentAnswerWinsAndTheFirstOfSeveral() throws {
        for (texts, answer) in [("!1 !2 a,!2 b", "2"), ("!1 !2 a,!2 b,!1", "1"), ("!3 !1 !2 c", "3")] {
            var script = try SearchScript(.plain, .majority, width: 4)
            try script.write(texts)
            try script.search.tell(scores: script.unjudged.map { _ in 0.5 })
            XCTAssertEqual(script.outcome?.answer, answer, texts)
        }
    }

    func testSolutionsThatSayTheSameVoteOnceEach() throws {
        var script = try SearchScript(.plain, .majority, width: 3)
        try script.write("!1 !2 !2")
        try script.score(1, 0)
        XCTAssertEqual(script.outcome?.answer, "2")
    }

    func testVotesAreWeightedByValues() throws {
        var script = try SearchScript(.plain, .weightedMajority, width: 3)
        try script.write("!1 !2 a,!2")
        try script.score(0.75, 0.25, 1, 0.25)
        XCTAssertEqual(script.outcome?.answer, "1")
        script = try SearchScript(.plain, .weightedMajority, width: 3)
        try script.write("!1 !2 a,!2")
        try script.score(0.75, 0.5, 1, 0.5)
        // Of the paths with the chosen answer the best one is shown; of equal ones the first.
        XCTAssertEqual(script.outcome?.text, "The answer is 2.\n")
    }

    func testNothingFollowsAnAnswerOrTheDepth() throws {
        var script = try SearchScript(.plain, .bestOfN, width: 2, depth: 2)
        try script.write("!1,a b,c,d")
        XCTAssertEqual(script.unjudged, ["The answer is 1.", "b", "c"])
        try script.score(0, 0, 0)
        XCTAssertEqual(script.outcome?.answer, "1")
    }

    func testSolutionsCountWhenTheSearchIsStoppedBeforeTheyAreJudged() throws {
        for strategy in [SearchStrategy.bestOfN, .majority, .weightedMajority] {
            var script = try SearchScript(.plain, strategy, width: 3)
            try script.write("!1 a,!2 b,!2")
            script.search.stop(.context)
            XCTAssertEqual(script.outcome?.answer, strategy == .majority ? "2" : "1")
            XCTAssertEqual(script.outcome?.reason, .context)
            XCTAssertTrue(script.outcome?.isComplete ?? false)
        }
        var script = try SearchScript(.plain, .bestOfN, width: 2)
        script.search.stop()
        XCTAssertNil(script.outcome?.answer)
    }

    func testSolutionsWithoutAnAnswerHaveNone() throws {
        for strategy in [SearchStrategy.bestOfN, .majority, .weightedMajority] {
            var script = try SearchScript(.plain, strategy, width: 2)
            try script.write("a b")
            try script.score(0.5, 0.75)
            XCTAssertNil(script.outcome?.answer)
            XCTAssertEqual(script.outcome?.text, "b\n")
            XCTAssertEqual(script.outcome?.reason, .depth)
        }
    }

    // MARK: Monte Carlo tree search

    func testDescendsByValueThenByWhatWasFound() throws {
        var script = try SearchScript(.plain, .mcts, width: 2, depth: 2) { $0.iterations = 2 }
        try script.write("a b")
        try script.score(0.5, 0.375)
        XCTAssertEqual(script.requests, ["a target 0", "a target 1"])
        // The end of the first descent is worth nothing, so that the second goes elsewhere.
        try script.write("c d")
        try script.score(0, 0)
        XCTAssertEqual(script.requests, ["b target 0", "b target 1"])
        try script.write("! e")
        try script.score(0.25, 0.125)
        let outcome = try XCTUnwrap(script.outcome)
        XCTAssertEqual(outcome.reason, .answered)
        XCTAssertEqual(outcome.text, "b\nThe answer is 7.\n")
        XCTAssertEqual(outcome.counters.levels, 3)
        XCTAssertEqual(script.thoughts(.pruned), ["a", "c", "d", "e"])
    }

    func testPriorsLeadToWhatWasRarelyTried() throws {
        var script = try SearchScript(.plain, .mcts, width: 2, depth: 1) { $0.iterations = 2 }
        let probable = WrittenThought(text: "a\n", tokens: [1], end: .separator, meanLogProbability: -4)
        let other = WrittenThought(text: "b\n", tokens: [1], end: .separator, meanLogProbability: 0)
        try script.search.tell(written: [[probable], [other]])
        try script.score(0.5, 0.375)
        // a ends the first descent; b has nearly the whole prior and ends the second.
        XCTAssertEqual(script.outcome?.text, "a\n")
        XCTAssertEqual(script.outcome?.reason, .iterations)
    }

    func testThresholdsOfTreeSearchAreByDepth() throws {
        var script = try SearchScript(.paper, .mcts, width: 1, depth: 3, theta: 0.5) { $0.iterations = 2 }
        try script.write("a")
        try script.score(0.5)
        XCTAssertEqual(script.search.memory.thresholds[2], 0.25)
        try script.write("b c")
        try script.score(0.125, 0)
        XCTAssertEqual(script.requests, ["a target 0"])
        try script.write("d")
        try script.score(0.75)
        XCTAssertEqual(script.search.memory.thresholds[3], 0.5 * 0.25 + 0.5 * 0.75)
        XCTAssertEqual(script.requests, ["d draft 0", "d draft 1"])
    }

    func testTreeSearchAgreesWithAPlainSecondImplementation() throws {
        for seed in 0..<300 {
            let models = WordModels(seed: UInt64(seed))
            var parameters = try SearchParameters(width: 1 + seed % 4, depth: 1 + seed % 5)
            parameters.iterations = 1 + seed % 7
            let format = try PromptFormat(prompt: "{question}", separator: "\n", answer: "The answer is {answer}.")
            var search = try Search(strategy: .mcts, policy: .plain, parameters: parameters, format: format)
            _ = try models.run(&search)
            guard case .finished(let outcome) = search.ask() else { return XCTFail("seed \(seed): not finished") }
            var reference = ReferenceTreeSearch(models: models, parameters: parameters)
            reference.run()
            XCTAssertEqual(outcome.text, reference.best, "seed \(seed)")
            XCTAssertEqual(
                Set(outcome.tree.thoughts.map { outcome.tree.text(of: $0.id) }), reference.texts, "seed \(seed)")
        }
    }

    // MARK: Policies

    func testPoliciesThatAStrategyHasNotAreRefused() throws {
        for strategy in SearchStrategy.allCases {
            for policy in SpeculationPolicy.allCases {
                if strategy.policies.contains(policy) {
                    XCTAssertNoThrow(try SearchScript(policy, strategy))
                } else {
                    XCTAssertThrowsError(try SearchScript(policy, strategy)) {
                        XCTAssertEqual($0 as? SearchError, .unsupported(policy, strategy))
                    }
                }
            }
        }
        XCTAssertEqual(SearchStrategy.mcts.policies, [.plain, .lossless, .paper])
        XCTAssertEqual(SearchStrategy.majority.policies, [.plain, .lossless])
    }

    func testEveryStrategyIsSoundWheneverItIsStopped() throws {
        for strategy in SearchStrategy.allCases {
            for seed in 0..<60 {
                let models = WordModels(seed: UInt64(seed))
                let policy = strategy.policies[seed % strategy.policies.count]
                var script = try SearchScript(policy, strategy, width: 3, depth: 4)
                for _ in 0..<(seed % 12) { try models.step(&script.search) }
                script.search.stop()
                let outcome = try XCTUnwrap(script.outcome)
                XCTAssertTrue(outcome.tree.thoughts.allSatisfy { $0.state != .open })
                XCTAssertTrue(outcome.path.allSatisfy { outcome.tree[$0].state == .kept })
                XCTAssertEqual(script.search.held, [])
            }
        }
    }
}

/// OpenR's Monte Carlo tree search once more, over texts and recursive, for policies without drafts.
private struct ReferenceTreeSearch {
    final class Node {
        let text: String
        let value: Double
        let prior: Double
        let isFinal: Bool
        let depth: Int
        var children: [Node]?
        var visits = 0.0
        var total = 0.0

        init(_ text: String, _ value: Double, prior: Double, isFinal: Bool, depth: Int) {
            (self.text, self.value, self.prior) = (text, value, prior)
            (self.isFinal, self.depth) = (isFinal, depth)
        }
    }

    let models: WordModels
    let parameters: SearchParameters
    private(set) var texts: Set<String> = []
    private(set) var best = ""
    private var nodes: [Node] = []

    init(models: WordModels, parameters: SearchParameters) {
        (self.models, self.parameters) = (models, parameters)
    }

    mutating func run() {
        let root = Node("", 0, prior: 1, isFinal: false, depth: 0)
        expand(root)
        for _ in 0..<parameters.iterations where !(root.children ?? []).isEmpty { _ = descend(root) }
        let finished = nodes.filter(\.isFinal)
        let open = nodes.filter { ($0.children ?? []).isEmpty }
        for node in finished.isEmpty ? open : finished where node.value > (nodes.first { $0.text == best }?.value ?? -1)
        {
            best = node.text
        }
    }

    private mutating func descend(_ node: Node) -> Double {
        if node.children == nil, !node.isFinal, node.depth < parameters.depth { expand(node) }
        var value = node.value
        if let child = choice(of: node) { value = descend(child) }
        node.visits += 1
        node.total += value
        return value
    }

    private func choice(of node: Node) -> Node? {
        var best: (node: Node, score: Double)?
        for child in node.children ?? [] {
            let quality = child.visits > 0 ? child.total / child.visits : child.value
            let rate = log((node.visits + 19652 + 1) / 19652) + 1.25
            let score = quality + child.prior * node.visits.squareRoot() / (1 + child.visits) * rate
            if score > best?.score ?? -1 { best = (child, score) }
        }
        return best?.node
    }

    private mutating func expand(_ node: Node) {
        var seen: Set<String> = []
        var written: [(text: String, isFinal: Bool)] = []
        for slot in 0..<parameters.width {
            let thought = models.write(.target, slot: slot, after: node.text)
            let isFinal = thought.end == .endOfText || thought.text.contains("The answer is 7.")
            guard !thought.text.allSatisfy(\.isWhitespace), seen.insert("\(thought.text) \(isFinal)").inserted else {
                continue
            }
            written.append((node.text + thought.text, isFinal))
        }
        node.children = written.map { text, isFinal in
            Node(
                text, Double(models.score(text)), prior: 1 / Double(written.count), isFinal: isFinal,
                depth: node.depth + 1)
        }
        nodes += node.children ?? []
        texts.formUnion(written.map(\.text))
    }
}
