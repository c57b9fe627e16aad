import XCTest

@testable import SpecSearch

/// How scores become values, and what follows from them.
final class AggregationTests: XCTestCase {
    func testValuesArePlainFunctionsOfThePathsScores() throws {
        let scores: [Float] = [0.5, 0.75, 0.25]
        let expected: [(Aggregation, Float)] = [
            (.last, 0.25), (.min, 0.25), (.product, 0.5 * 0.75 * 0.25), (.mean, 0.5),
        ]
        for (aggregation, value) in expected {
            var script = try SearchScript(.plain, width: 1, beams: 1, depth: 3) { $0.aggregation = aggregation }
            for score in scores {
                try script.write("a")
                try script.score(score)
            }
            XCTAssertEqual(try XCTUnwrap(script.outcome?.score), value, accuracy: 1e-6, "\(aggregation)")
            XCTAssertEqual(script.search.tree.thoughts.map(\.score), scores)
        }
    }

    func testChoicesCompareValues() throws {
        var script = try SearchScript(.plain, width: 2, beams: 2) { $0.aggregation = .min }
        try script.write("a b")
        try script.score(0.75, 0.25)
        try script.write("c d e f")
        try script.score(0.5, 0.25, 1, 1)
        XCTAssertEqual(script.requests.map { $0.prefix(1) }, ["c", "c", "d", "d"])
    }

    func testNothingIsDraftedWhereNoDraftCanReachTheThreshold() throws {
        var script = try SearchScript(.paper, width: 1, beams: 2, theta: 1) { $0.aggregation = .product }
        try script.write("a")
        try script.score(0.75)
        // β = 0.75: the product of a's score with another reaches it, that of b's does not.
        try script.write("b c")
        try script.score(0.25, 0.125)
        XCTAssertEqual(script.requests, ["a target 0"])
        try script.write("d")
        try script.score(0.5)
        XCTAssertEqual(script.search.tree[3].value, 0.375)
        XCTAssertEqual(script.requests, ["d target 0"])
        XCTAssertEqual(script.search.counters.thoughtsDrafted, 2)
    }

    // MARK: Budgets

    func testThoughtBudgetIsNeverExceeded() throws {
        for strategy in SearchStrategy.allCases {
            for budget in 1...40 {
                var script = try SearchScript(strategy.policies[budget % strategy.policies.count], strategy, width: 3) {
                    $0.thoughtBudget = budget
                }
                let models = WordModels(seed: UInt64(budget))
                var written = 0
                while script.outcome == nil {
                    if case .write(let requests) = script.search.ask() { written += requests.count }
                    try models.step(&script.search)
                }
                let thoughts = script.search.tree.thoughts.reduce(0) { $0 + 1 + $1.duplicates }
                XCTAssertLessThanOrEqual(thoughts, budget, "\(strategy)")
                XCTAssertLessThanOrEqual(written, budget, "\(strategy)")
            }
        }
    }

    func testTokenBudgetIsNeverExceeded() throws {
        for strategy in SearchStrategy.allCases {
            for budget in stride(from: 1, to: 200, by: 7) {
                var script = try SearchScript(.plain, strategy, width: 3, tokenBudget: budget)
                var asked = 0
                while case .write(let requests) = script.search.ask() {
                    asked = requests.reduce(0) { $0 + $1.maxTokens }
                    XCTAssertLessThanOrEqual(script.search.tokensWritten + asked, budget, "\(strategy)")
                    let texts = requests.map { request in
                        [
                            WrittenThought(
                                text: "\(request.slot)\n",
                                tokens: Array(repeating: 1, count: min(5, request.maxTokens)),
                                end: .separator, meanLogProbability: 0)
                        ]
                    }
                    try script.search.tell(written: texts)
                    try script.search.tell(scores: script.unjudged.map { _ in 0.5 })
                }
                XCTAssertLessThanOrEqual(script.search.tokensWritten, budget)
                XCTAssertNotNil(script.outcome)
            }
        }
    }
}
