import CacheTree
import Foundation
import TestSupport
import Transformer
import XCTest

/// Random histories, compared after each step with a shadow of the tree, and slot for slot with what was written.
///
/// `SPECSEARCH_CACHE_OPERATIONS` sets how many operations are tried, `SPECSEARCH_CACHE_SEED` where they begin.
final class RandomOperationTests: XCTestCase {
    /// Operations on one tree, before another begins with the next seed.
    private static let operationsPerTree = 1000

    func testEverySlotHoldsWhatItsOwnPathWroteAfterAnyHistory() throws {
        let operations = setting("SPECSEARCH_CACHE_OPERATIONS") ?? 20_000
        let first = UInt64(setting("SPECSEARCH_CACHE_SEED") ?? 1)
        var (refusals, evictions) = (0, 0)
        for seed in first..<first + UInt64((operations + Self.operationsPerTree - 1) / Self.operationsPerTree) {
            let history = try RandomHistory(seed: seed)
            for step in 0..<Self.operationsPerTree {
                let operation = history.step()
                if let violation = history.violation() {
                    return XCTFail("seed \(seed), step \(step), \(operation): \(violation)")
                }
                guard testRun?.failureCount == 0 else {
                    return XCTFail("seed \(seed), step \(step), \(operation): see above")
                }
            }
            refusals += history.refusals
            evictions += history.traced.tree.statistics.pagesEvicted
            history.releaseAll()
            XCTAssertEqual(history.traced.tree.nodeCount, 1, "seed \(seed)")
            XCTAssertEqual(history.traced.budget.used, 0, "seed \(seed)")
            assertInvariants(history.traced.tree)
        }
        XCTAssertGreaterThan(refusals, 0, "the budget was never exhausted")
        XCTAssertGreaterThan(evictions, operations / 20, "the budget was rarely exhausted")
    }

    private func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }
}

/// One random history of a tree with two models, and what the tree has to hold.
private final class RandomHistory {
    let traced: TracedTree
    /// How often memory ran out.
    private(set) var refusals = 0
    private var random: SeededRandom
    /// Owned nodes, once per hold.
    private var held: [NodeID] = []
    private var paths: [NodeID: [Int32]] = [:]

    private var tree: CacheTree { traced.tree }

    init(seed: UInt64) throws {
        random = SeededRandom(seed: seed)
        traced = try TracedTree(layers: [1, 2], pages: Int.random(in: 16...160, using: &random))
    }

    /// Does something, and says what.
    func step() -> String {
        guard !held.isEmpty, held.count > 4 || chance(0.8) else { return fork() }
        if held.count > 30 || chance(0.12) { return release() }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<12: return fork()
        case 12..<22: return forkInside()
        case 22..<47: return append()
        case 47..<55: return truncate()
        case 55..<58: return hold()
        case 58..<63: return evict()
        case 63..<65: return saveAndRestore()
        case 65..<69: return join()
        case 69..<75: return extend()
        case 75..<79: return retreat()
        default: return pass()
        }
    }

    func releaseAll() {
        for node in held { tree.release(node) }
    }

    /// What is wrong, if anything is.
    func violation() -> String? {
        if let violation = tree.checkInvariants() { return violation }
        for (node, path) in paths {
            guard tree.tokens(of: node) == path else { return "\(node) has other tokens" }
            for model in 0...1 {
                if let depth = traced.mismatch(at: node, model: model, path: path) {
                    return "model \(model), depth \(depth) of \(node) holds what another path wrote"
                }
            }
        }
        let bytes = tree.statistics
        guard bytes.bytesInUse == traced.budget.used, bytes.peakBytes == traced.budget.peak else { return "wrong sums" }
        return checkPrefix()
    }

    private func checkPrefix() -> String? {
        var query = held.randomElement(using: &random).flatMap { paths[$0] } ?? []
        query = query.prefix(Int.random(in: 0...query.count, using: &random)) + someTokens(4)
        let naive = paths.values.map { path in zip(path, query).prefix { $0 == $1 }.count }.max() ?? 0
        let found = tree.longestPrefix(of: query)
        guard found.depth == naive else { return "found a prefix of \(found.depth) tokens where \(naive) are there" }
        guard tree.tokens(of: found.node).prefix(naive) == query.prefix(naive) else { return "wrong prefix node" }
        return nil
    }

    // MARK: Operations

    private func fork() -> String {
        let parent = chance(0.1) ? tree.root : held.randomElement(using: &random) ?? tree.root
        own(tree.fork(parent), path: paths[parent] ?? [])
        return "fork"
    }

    private func forkInside() -> String {
        let node = someNode()
        let path = paths[node]!
        let depth = Int.random(in: 0...path.count, using: &random)
        own(tree.fork(node, atDepth: depth), path: Array(path.prefix(depth)))
        return "fork \(node) at depth \(depth)"
    }

    private func append() -> String {
        guard let node = someExclusiveLeaf() else { return "nothing" }
        let tokens = someTokens(Int.random(in: 0...24, using: &random))
        tree.append(tokens, to: node)
        paths[node]! += tokens
        return "append \(tokens.count) to \(node)"
    }

    private func truncate() -> String {
        guard let node = someExclusiveLeaf() else { return "nothing" }
        let (end, own) = (tree.depth(of: node), tree.tail(of: node).count)
        let depth = Int.random(in: end - own...end, using: &random)
        tree.truncate(node, toDepth: depth)
        paths[node] = Array(paths[node]!.prefix(depth))
        return "truncate \(node) to \(depth)"
    }

    private func extend() -> String {
        let node = someNode()
        guard node != tree.root else { return "nothing" }
        let tokens = someTokens(Int.random(in: 0...6, using: &random))
        let path = paths[node]! + tokens
        move(node, to: tree.extend(node, by: tokens), path)
        return "extend \(node) by \(tokens)"
    }

    private func retreat() -> String {
        let node = someNode()
        let depth = Int.random(in: 0...paths[node]!.count, using: &random)
        let path = Array(paths[node]!.prefix(depth))
        move(node, to: tree.retreat(node, toDepth: depth), path)
        return "retreat from \(node) to \(depth)"
    }

    /// Notes that an owner of one node has another one instead.
    private func move(_ node: NodeID, to other: NodeID, _ path: [Int32]) {
        held.remove(at: held.firstIndex(of: node)!)
        if !held.contains(node) { paths[node] = nil }
        own(other, path: path)
    }

    private func join() -> String {
        let node = someNode()
        let before = tree.nodeCount
        tree.join(node)
        return "join \(before - tree.nodeCount) nodes and \(node)"
    }

    private func saveAndRestore() -> String {
        let saved = (0..<Int.random(in: 0...3, using: &random)).map { _ in someNode() }
        do {
            try traced.save(saved)
            // What was evicted meanwhile comes back from the file.
            if chance(0.5) { _ = evict() }
            let restored = try traced.restore()
            guard restored.count == saved.count else { return "restored \(restored.count) of \(saved.count) paths" }
            for (node, old) in zip(restored, saved) { own(node, path: paths[old] ?? []) }
            return "save and restore \(saved)"
        } catch { return "\(error)" }
    }

    private func hold() -> String {
        let node = someNode()
        tree.hold(node)
        held.append(node)
        return "hold \(node)"
    }

    private func release() -> String {
        let node = held.remove(at: Int.random(in: held.indices, using: &random))
        tree.release(node)
        if !held.contains(node) { paths[node] = nil }
        return "release \(node)"
    }

    private func evict() -> String {
        guard let node = someExclusiveLeaf() else { return "nothing" }
        let model = Int.random(in: 0...1, using: &random)
        tree.evict(node, model: model)
        return "evict \(node), model \(model)"
    }

    /// Plans several paths of one model, perhaps with forks in between, and runs the pass.
    private func pass() -> String {
        let model = Int.random(in: 0...1, using: &random)
        var report = "pass of model \(model):"
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let node = someNode()
            let outputs = chance(0.5) ? min(Int.random(in: 0...6, using: &random), paths[node]!.count) : 0
            let limit = chance(0.7) ? Int.max : Int.random(in: 0...40, using: &random)
            let mayEvict = chance(0.8)
            report += " \(node) with \(outputs) outputs within \(limit)\(mayEvict ? "" : ", evicting nothing");"
            plan(node, model: model, outputs: outputs, limit: limit, mayEvict: mayEvict)
            if chance(0.1) { report += " " + (chance(0.5) ? fork() : forkInside()) }
        }
        traced.run(model: model)
        return report
    }

    private func plan(_ node: NodeID, model: Int, outputs: Int, limit: Int, mayEvict: Bool) {
        let (rows, statistics) = (traced.batches[model].rows, tree.statistics)
        let computed = tree.computedDepth(of: node, model: model)
        do {
            let planned = try traced.plan(
                node, model: model, outputs: outputs, limit: limit, mayEvict: mayEvict)
            let added = traced.batches[model].rows.count - rows.count
            XCTAssertLessThanOrEqual(added, limit)
            XCTAssertLessThanOrEqual(planned.recomputed, added)
            XCTAssertEqual(tree.statistics.tokensRecomputed, statistics.tokensRecomputed + planned.recomputed)
            if !mayEvict { XCTAssertEqual(tree.statistics.pagesEvicted, statistics.pagesEvicted) }
            let isComputed = tree.computedDepth(of: node, model: model) == paths[node]!.count
            XCTAssertTrue(planned.isComplete ? isComputed : limit < .max || !rows.isEmpty)
            XCTAssertEqual(planned.outputs.count, planned.isComplete ? outputs : 0)
        } catch {
            refusals += 1
            XCTAssertEqual(traced.batches[model].rows, rows)
            if !mayEvict { XCTAssertEqual(tree.statistics, statistics) }
            XCTAssertEqual(tree.computedDepth(of: node, model: model), computed)
        }
    }

    // MARK: Choices

    private func own(_ node: NodeID, path: [Int32]) {
        held.append(node)
        paths[node] = path
    }

    private func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    private func someNode() -> NodeID { held.randomElement(using: &random)! }

    private func someTokens(_ count: Int) -> [Int32] {
        (0..<count).map { _ in Int32.random(in: 0..<3, using: &random) }
    }

    private func someExclusiveLeaf() -> NodeID? {
        let parents = Set(paths.keys.compactMap { node in tree.parent(of: node) })
        let ancestors = Set(parents.flatMap { parent in sequence(first: parent) { self.tree.parent(of: $0) } })
        return held.filter { node in
            // An empty path that was restored is the root, and stays empty.
            node != tree.root && !ancestors.contains(node) && held.filter { $0 == node }.count == 1
        }.randomElement(using: &random)
    }
}
