import CacheTree
import TestSupport
import Transformer
import XCTest

/// How much memory searches take, next to what their unique tokens need.
///
/// Pages in use are always the fewest possible (an invariant, checked here after each level). What is left over is the
/// unused end of each leaf's last page and, where n branches go on behind a token inside a block, n − 1 copies of that
/// block's beginning: less than two pages per leaf in the worst case, about one on average.
final class MemoryBoundTests: XCTestCase {
    func testBestOfNStaysNearItsUniqueTokens() throws {
        try assertBound { workload in
            let prompt = workload.grow(nil, by: Int.random(in: 60...300, using: &workload.random))
            var branches = (0..<16).map { _ in workload.branch(of: prompt) }
            for _ in 0..<8 { branches = branches.map { workload.grow($0, by: workload.thoughtLength()) } }
        }
    }

    func testBeamSearchStaysNearItsUniqueTokens() throws {
        try assertBound { workload in
            var beams = [workload.grow(nil, by: Int.random(in: 60...300, using: &workload.random))]
            for _ in 0..<10 {
                let thoughts = beams.flatMap { beam in
                    (0..<6).map { _ in workload.grow(workload.branch(of: beam), by: workload.thoughtLength()) }
                }
                let kept = Set(thoughts.shuffled(using: &workload.random).prefix(2))
                for node in beams + thoughts where !kept.contains(node) { workload.tree.release(node) }
                beams = thoughts.filter(kept.contains)
            }
        }
    }

    func testTreeSearchStaysNearItsUniqueTokens() throws {
        try assertBound { workload in
            var nodes = [workload.grow(nil, by: Int.random(in: 60...300, using: &workload.random))]
            for _ in 0..<24 {
                let node = nodes.randomElement(using: &workload.random)!
                for _ in 0..<Int.random(in: 1...4, using: &workload.random) {
                    nodes.append(workload.grow(workload.branch(of: node), by: workload.thoughtLength()))
                }
                if nodes.count > 30 {
                    let gone = Int.random(in: 1..<nodes.count, using: &workload.random)
                    workload.tree.release(nodes.remove(at: gone))
                }
            }
        }
    }

    /// Runs a search with 40 seeds and compares peak memory with the two bounds.
    private func assertBound(_ search: (Workload) throws -> Void, line: UInt = #line) throws {
        var (peaks, bounds, above) = (0.0, 0.0, 0)
        for seed in 0..<40 as Range<UInt64> {
            let workload = try Workload(seed: seed)
            try search(workload)
            XCTAssertNil(workload.violation, "seed \(seed)", line: line)
            peaks += workload.peak
            bounds += workload.bound
            if workload.peak > workload.bound { above += 1 }
        }
        let report = "peak is \(peaks / bounds) of the bound on average; \(above) of 40 searches are above it"
        print(report)
        XCTAssertLessThanOrEqual(peaks, bounds, report, line: line)
        XCTAssertLessThanOrEqual(above, 4, report, line: line)
    }
}

/// One search that grows branches, token by token in batches, and watches memory.
private final class Workload {
    let traced: TracedTree
    var random: SeededRandom
    /// Most pages in use.
    private(set) var peak = 0.0
    /// Most pages by the bound: 1.05 times those of the unique tokens, and one for each leaf.
    private(set) var bound = 0.0
    /// The first violation of an invariant or of the bound that holds for every tree.
    private(set) var violation: String?

    var tree: CacheTree { traced.tree }

    init(seed: UInt64) throws {
        traced = try TracedTree()
        random = SeededRandom(seed: seed)
    }

    func thoughtLength() -> Int { Int.random(in: 10...60, using: &random) }

    func branch(of node: NodeID) -> NodeID { tree.fork(node) }

    /// Adds random tokens to a branch, or to a new one of the root, and computes them.
    func grow(_ node: NodeID?, by count: Int) -> NodeID {
        let node = node ?? tree.fork(tree.root)
        tree.append((0..<count).map { _ in Int32.random(in: 0..<1000, using: &random) }, to: node)
        var batch = ForwardBatch()
        do {
            _ = try tree.plan(node, model: 0, outputs: 0, limit: .max, into: &batch)
        } catch {
            violation = violation ?? error.description
        }
        watch()
        return node
    }

    private func watch() {
        let statistics = tree.statistics
        let page = Double(traced.layouts[0].bytesPerPage)
        let (pages, unique) = (Double(statistics.bytesInUse) / page, Double(statistics.uniqueBytes) / page)
        let leaves = Double(tree.liveLeaves)
        peak = max(peak, pages)
        bound = max(bound, 1.05 * unique + leaves)
        if pages >= unique + 2 * leaves { violation = violation ?? "two pages per leaf above the unique tokens" }
        if let broken = tree.checkInvariants() { violation = violation ?? broken }
    }
}
