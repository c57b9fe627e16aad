import TestSupport
import XCTest

@testable import Decoding

/// How many proposals pay.
final class RowBudgetTests: XCTestCase {
    /// Passes that wait for weights up to 16 rows, as those of a large model on a processor do.
    private let flat = PassCosts(passes: [1, 1, 1, 1.1, 1.3, 2.6, 5.2])
    /// The same of a model of a tenth.
    private let small = PassCosts(passes: [0.1, 0.1, 0.1, 0.11, 0.13, 0.26, 0.52])
    /// Passes that are bound by arithmetic from the first row on.
    private let steep = PassCosts(passes: [1, 2, 4, 8, 16, 32, 64])

    private func candidates(
        _ count: Int, _ acceptance: Double, limit: Int = 15, coldRows: Int? = 0
    ) -> [RowBudget.Candidate] {
        Array(repeating: .init(acceptance: acceptance, limit: limit, coldRows: coldRows), count: count)
    }

    /// Branches that write a token without proposals.
    private func others(_ count: Int) -> [RowBudget.Candidate] { candidates(count, 0, limit: 0) }

    func testOneBranchProposesWhatRowsAreFreeFor() {
        let budget = RowBudget(target: flat, draft: small)
        let lengths = [0.95, 0.8, 0.5, 0.05].map { budget.plans(candidates(1, $0)).map(\.length)[0] }
        XCTAssertEqual(lengths, lengths.sorted(by: >))
        XCTAssertGreaterThanOrEqual(lengths[0], 8)
        XCTAssertTrue((3...8).contains(lengths[1]), "\(lengths)")
        XCTAssertEqual(lengths[3], 0)
    }

    func testNothingIsProposedWhereEachRowCostsAsMuchAsTheFirst() {
        let budget = RowBudget(target: steep, draft: small)
        XCTAssertEqual(budget.plans(candidates(1, 0.95)).map(\.length), [0])
        XCTAssertEqual(
            budget.plans(candidates(8, 0.95, coldRows: nil)).map(\.length), [Int](repeating: 0, count: 8))
        let full = RowBudget(target: flat, draft: small)
        XCTAssertEqual(full.plans(candidates(64, 0.8)).map(\.length).reduce(0, +), 0)
    }

    func testBranchesThatAreAcceptedMoreOftenGetMore() {
        let budget = RowBudget(target: flat, draft: small)
        let lengths = budget.plans(candidates(1, 0.9) + candidates(1, 0.6) + candidates(1, 0.1) + others(1)).map(
            \.length)
        XCTAssertGreaterThan(lengths[0], lengths[1])
        XCTAssertGreaterThan(lengths[1], lengths[2])
        XCTAssertEqual(lengths[2], 0)
    }

    func testTreesAreDraftedWhereProposalsAreSeldomAcceptedAndRowsAreFree() {
        func width(_ target: PassCosts, _ acceptance: Double, _ alternative: Double, others: Int = 0) -> Int {
            let candidate = RowBudget.Candidate(
                acceptance: acceptance, alternative: alternative, limit: 15, coldRows: 0)
            return RowBudget(target: target, draft: small).plans([candidate] + self.others(others))[0].width
        }
        XCTAssertGreaterThan(width(flat, 0.4, 0.5), 1)
        XCTAssertLessThanOrEqual(width(flat, 0.4, 0.9), 4)
        XCTAssertEqual(width(flat, 0.95, 0.3), 1, "the chain is worth more")
        XCTAssertEqual(width(flat, 0.4, 0), 1)
        XCTAssertEqual(width(steep, 0.4, 0.5), 1)
        XCTAssertEqual(width(flat, 0.4, 0.5, others: 30), 1)
        XCTAssertEqual(width(flat, 0.01, 0.9), 1, "without a chain there is no tree")
    }

    func testBranchesThatSayTheSameShareWhatTheyPropose() {
        let budget = RowBudget(target: steep, draft: small)
        func length(_ branches: Int, _ acceptance: Double) -> Int {
            var candidate = candidates(1, acceptance)[0]
            (candidate.branches, candidate.open) = (branches, branches)
            return budget.plans([candidate] + others(3)).map(\.length)[0]
        }
        XCTAssertEqual(length(1, 0.9), 0)
        XCTAssertGreaterThan(length(8, 0.98), 2, "four rows write eleven tokens, each more writes up to eight")
        XCTAssertGreaterThan(length(8, 0.98), length(8, 0.8), "rows of those that go apart are their own")
        XCTAssertEqual(length(8, 0.2), 0, "they go apart at once")
    }

    func testLimitsHold() {
        let budget = RowBudget(target: flat, draft: small)
        XCTAssertEqual(budget.plans(candidates(2, 0.99, limit: 2)).map(\.length), [2, 2])
        XCTAssertEqual(budget.plans(candidates(1, 0.99, limit: 0) + others(3)).map(\.length), [0, 0, 0, 0])
        XCTAssertEqual(budget.plans(others(5)).map(\.length), [0, 0, 0, 0, 0])
    }

    func testADraftThatHasToReadALongPathCostsThat() {
        let budget = RowBudget(target: flat, draft: PassCosts(passes: [0.3, 0.3, 0.3, 0.4, 0.6, 1.2, 2.4]))
        XCTAssertGreaterThan(budget.plans(candidates(1, 0.7)).map(\.length)[0], 0)
        XCTAssertEqual(budget.plans(candidates(1, 0.7, coldRows: 1000)).map(\.length), [0])
        XCTAssertGreaterThan(
            budget.plans(candidates(1, 0.7, coldRows: nil)).map(\.length)[0], 2, "found for nothing")
    }

    /// Against all that could be done, on random curves: never worse than nothing, and near the best.
    func testTheChoiceIsNearlyTheBestOfAll() {
        var random = SeededRandom(seed: 8)
        var worst = 1.0
        for _ in 0..<300 {
            var times = [Double.random(in: 0.5...1, using: &random)]
            for _ in 1..<7 { times.append(times[times.count - 1] * Double.random(in: 1...2, using: &random)) }
            let share = Double.random(in: 0.02...0.4, using: &random)
            let budget = RowBudget(
                target: PassCosts(passes: times), draft: PassCosts(passes: times.map { $0 * share }))
            let candidates = (0..<2).map { _ in
                RowBudget.Candidate(
                    acceptance: Double.random(in: 0...1, using: &random), limit: 6,
                    coldRows: Bool.random(using: &random) ? 0 : nil)
            }
            let found = speed(budget, candidates, budget.plans(candidates + others(1)).map(\.length))
            XCTAssertGreaterThanOrEqual(found, speed(budget, candidates, [0, 0]))
            let best =
                (0...6).flatMap { first in (0...6).map { [first, $0] } }
                .map { speed(budget, candidates, $0) }.max() ?? 0
            worst = min(worst, found / best)
        }
        XCTAssertGreaterThan(worst, 0.9)
    }

    /// Tokens per second of a step with these lengths, said plainly.
    private func speed(_ budget: RowBudget, _ candidates: [RowBudget.Candidate], _ lengths: [Int]) -> Double {
        let tokens = zip(candidates, lengths).map { candidate, length in
            (0...length).map { place in (0..<place).reduce(1.0) { product, _ in product * candidate.acceptance } }
                .reduce(0, +)
        }.reduce(1, +)
        let drafted = zip(candidates, lengths).filter { $0.0.coldRows != nil }.map(\.1)
        let drafting = (0..<6).map { place in budget.draft!.seconds(rows: drafted.count { $0 > place }) }.reduce(0, +)
        return tokens / (budget.target.seconds(rows: 1 + lengths.reduce(candidates.count, +)) + drafting)
    }

    func testRatesFollowWhatIsJudgedAndForget() {
        var rate = AcceptanceRate(over: 20)
        XCTAssertEqual(rate.value(), AcceptanceRate.usual)
        XCTAssertEqual(rate.value(expected: 0.1), 0.1)
        for _ in 0..<40 { rate.note(accepted: 0, of: 4) }
        XCTAssertLessThan(rate.value(expected: 0.1), 0.03)
        for _ in 0..<20 { rate.note(accepted: 4, of: 4) }
        XCTAssertGreaterThan(rate.value(), 0.9)
        var tossed = AcceptanceRate(over: 100)
        for round in 0..<2000 { tossed.note(accepted: round % 2, of: 1) }
        XCTAssertEqual(tossed.value(), 0.5, accuracy: 0.02)
        for _ in 0..<10_000 { tossed.note(accepted: 0, of: 0) }
        XCTAssertEqual(tossed.value(), AcceptanceRate.usual, accuracy: 0.01)
    }
}
