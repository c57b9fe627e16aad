import TestSupport
import XCTest

@testable import Transformer

/// What a pass reads, against the definition: every row sees the depths of its own path up to its position.
final class AttentionPlanTests: XCTestCase {
    /// A batch of rows on paths with these pages.
    private func batch(_ rows: [(path: Int, position: Int)], _ paths: [[Int32]]) -> ForwardBatch {
        var batch = ForwardBatch()
        for path in paths { _ = batch.addPath(path) }
        for row in rows {
            batch.addRow(
                .init(token: 0, position: Int32(row.position), path: Int32(row.path), wantsOutput: false))
        }
        return batch
    }

    private func check(_ rows: [(path: Int, position: Int)], _ paths: [[Int32]], window: Int?) {
        let plan = AttentionPlan(batch(rows, paths), window: window)
        XCTAssertEqual(plan.rows.sorted(), Array(rows.indices))
        if window == nil { XCTAssertEqual(plan.windowReadings, []) }
        for (place, row) in plan.rows.enumerated() { XCTAssertEqual(plan.places[row], place) }
        var read = [[(page: Int32, slot: Int)]](repeating: [], count: rows.count)
        for reading in window == nil ? plan.readings : plan.windowReadings {
            for place in reading.places {
                read[plan.rows[place]] += reading.depths.map { (Int32(reading.page), $0) }
            }
        }
        for (row, found) in zip(rows, read) {
            let first = window.map { max(0, row.position + 1 - $0) } ?? 0
            let expected = (first...row.position).map { (page: paths[row.path][$0 / 16], slot: $0 % 16) }
            XCTAssertEqual(found.map(\.page), expected.map(\.page))
            XCTAssertEqual(found.map(\.slot), expected.map(\.slot))
        }
    }

    func testEveryRowReadsItsOwnDepthsInAscendingOrder() {
        var random = SeededRandom(seed: 4)
        for round in 0..<300 {
            // Paths that share a prefix of pages with an earlier one.
            var (paths, next): ([[Int32]], Int32) = ([], 0)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let shared = (paths.randomElement(using: &random) ?? []).prefix(Int.random(in: 0...4, using: &random))
                let own = Int32.random(in: 1...3, using: &random)
                paths.append(Array(shared) + (next..<next + own).map { ($0 &* 7) % 101 })
                next += own
            }
            let rows = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                let path = Int.random(in: 0..<paths.count, using: &random)
                return (path, Int.random(in: 0..<paths[path].count * 16, using: &random))
            }
            check(rows, paths, window: round % 3 == 0 ? Int.random(in: 1...40, using: &random) : nil)
        }
    }

    func testAPageThatManyRowsSeeIsReadOnceInWhateverOrderTheyStand() {
        // Two prompts of four pages, and eight branches of each, by turns.
        let prompts: [[Int32]] = [[0, 1, 2, 3], [10, 11, 12, 13]]
        let paths = (0..<16).map { prompts[$0 % 2] + [Int32(20 + $0)] }
        let plan = AttentionPlan(batch(paths.indices.map { ($0, 64 + $0 / 8) }, paths), window: nil)
        let shared = plan.readings.filter { $0.page < 20 }
        XCTAssertEqual(shared.map(\.page), [0, 10, 1, 11, 2, 12, 3, 13])
        XCTAssertEqual(shared.map(\.places.count), [Int](repeating: 8, count: 8))
        XCTAssertEqual(plan.readings.count, 8 + 16)
    }

    func testAPromptReadsEachPageOnceForAllRowsBehindIt() {
        let plan = AttentionPlan(batch((0..<48).map { (0, $0) }, [[5, 6, 7]]), window: nil)
        XCTAssertEqual(plan.readings.filter { $0.depths == 0..<16 && $0.places.count > 1 }.map(\.page), [5, 6])
        XCTAssertEqual(plan.meanDepth, 24)
    }

    func testNoRowsReadNothing() {
        let plan = AttentionPlan(ForwardBatch(), window: 3)
        XCTAssertEqual(plan.readings + plan.windowReadings, [])
    }
}
