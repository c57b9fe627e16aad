import Compute
import XCTest

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
                    }
                    XCTAssertEqual(done, [Int](repeating: 1, count: total), "\(threads) threads, \(total) items")
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

    func testManyShortLoopsLoseNothing() {
        let team = ThreadTeam(threads: 2)
        var counts = [0, 0]
        counts.withUnsafeMutableBufferPointer { counts in
            nonisolated(unsafe) let counts = counts
            for _ in 0..<100_000 { team.split(2, atLeast: 1) { part in for item in part { counts[item] += 1 } } }
        }
        XCTAssertEqual(counts, [100_000, 100_000])
    }
}
