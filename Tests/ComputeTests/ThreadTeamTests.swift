import Synchronization
import XCTest

@testable import Compute

final class ThreadTeamTests: XCTestCase {
    func testEveryItemIsDoneOnceWhateverTheSplit() {
        for threads in [1, 2, 3, 5] {
            let team = ThreadTeam(threads: threads)
            for total in [0, 1, 2, 3, 7, 64, 1_000] {
                for smallest in [1, 4, 2_000] {
                    var done = [Int](repeating: 0, count: total)
                    done.withUnsafeMutableBufferPointer { done in
                        nonisolated(unsafe) let done = done
                        team.split(total, atLeast: smallest) { part in
                            for item in part { done[item] += 1 }
                        }
                        for grain in [1, 3, 64] {
                            team.share(total, atLeast: smallest, grain: grain) { piece in
                                for item in piece { done[item] += 1 }
                            }
                        }
                    }
                    XCTAssertEqual(done, [Int](repeating: 4, count: total), "\(threads) threads, \(total) items")
                }
            }
        }
    }

    func testSmallLoopsStayOnTheCaller() {
        let team = ThreadTeam(threads: 2)
        var parts = 0
        team.split(10, atLeast: 6) { part in
            parts += 1
            XCTAssertEqual(part, 0..<10)
        }
        XCTAssertEqual(parts, 1)
    }

    func testASleepingTeamWakesForNewWork() {
        let team = ThreadTeam(threads: 2)
        for round in 0..<3 {
            var sums = [0, 0]
            sums.withUnsafeMutableBufferPointer { sums in
                nonisolated(unsafe) let sums = sums
                team.split(2, atLeast: 1) { part in for item in part { sums[item] = round + item } }
            }
            XCTAssertEqual(sums, [round, round + 1])
            // Longer than the members' patience.
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    func testAMemberThatIsDoneHelpsTheOthers() {
        let team = ThreadTeam(threads: 2)
        guard team.count == 2 else { return }
        let total = 100
        for slow in [0, total / 2] {
            let done = Atomic<Int>(0)
            let isAlone = Atomic<Bool>(false)
            team.share(total, atLeast: 1, grain: 1) { piece in
                if piece.contains(slow) {
                    // All other items must get done while this member is busy with one piece.
                    let deadline = ContinuousClock.now + .seconds(20)
                    while done.load(ordering: .relaxed) < total - piece.count, ContinuousClock.now < deadline {}
                    isAlone.store(done.load(ordering: .relaxed) == total - piece.count, ordering: .relaxed)
                }
                done.wrappingAdd(piece.count, ordering: .relaxed)
            }
            XCTAssertTrue(isAlone.load(ordering: .relaxed), "the rest waited for item \(slow)")
            XCTAssertEqual(done.load(ordering: .relaxed), total)
        }
    }

    func testPiecesHoldAtLeastAGrainWhileThereIsOne() {
        let team = ThreadTeam(threads: 1)
        team.share(10, atLeast: 1, grain: 4) { XCTAssertEqual($0, 0..<10, "one member takes all at once") }
        let share = WorkShare()
        share.reset(0..<41)
        var pieces: [Range<Int>] = []
        while let piece = pieces.count % 3 == 2 ? share.takeLast(4) : share.takeFirst(4) { pieces.append(piece) }
        XCTAssertEqual(pieces, [0..<8, 8..<16, 29..<41, 16..<20, 20..<24, 25..<29, 24..<25])
    }

    func testManyShortLoopsLoseNothing() {
        let team = ThreadTeam(threads: 2)
        var counts = [0, 0]
        counts.withUnsafeMutableBufferPointer { counts in
            nonisolated(unsafe) let counts = counts
            for _ in 0..<100_000 {
                team.split(2, atLeast: 1) { part in for item in part { counts[item] += 1 } }
                team.share(2, atLeast: 1, grain: 1) { piece in for item in piece { counts[item] += 1 } }
            }
        }
        XCTAssertEqual(counts, [200_000, 200_000])
    }
}
