import CacheTree
import Compute
import Foundation
import Transformer
import XCTest

/// A tree whose forward passes are simulated: the keys and values of a token are numbers made from all tokens up to it.
///
/// So every slot tells which path it was written for, and a page that two paths share wrongly shows.
final class TracedTree {
    /// A path that was planned, to be checked when the pass runs.
    private struct Planned {
        let tokens: [Int32]
        let rows: PlannedRows
    }

    let tree: CacheTree
    let budget: CacheBudget
    let layouts: [PageLayout]
    /// The next pass of each model.
    private(set) var batches: [ForwardBatch]
    private var pathTokens: [[[Int32]]]
    private var planned: [[Planned]]

    /// A tree for models with one layer, head and element, but for `layers`, with room for `pages` smallest pages, or
    /// with a budget that others share.
    init(layers: [Int] = [1], pages: Int = 100_000, budget: CacheBudget? = nil) throws {
        layouts = layers.map { PageLayout(layers: $0, keyValueHeads: 1, headSize: 1) }
        self.budget =
            budget ?? CacheBudget(bytes: pages * PageLayout(layers: 1, keyValueHeads: 1, headSize: 1).bytesPerPage)
        tree = try CacheTree(models: layouts, budget: self.budget)
        batches = layers.map { _ in ForwardBatch() }
        pathTokens = layers.map { _ in [] }
        planned = layers.map { _ in [] }
    }

    /// A fork of `parent`, or of the root, that has grown by `tokens`.
    func branch(_ tokens: [Int32], under parent: NodeID? = nil) -> NodeID {
        let node = tree.fork(parent ?? tree.root)
        tree.append(tokens, to: node)
        return node
    }

    /// Plans a path for the next pass.
    @discardableResult
    func plan(
        _ node: NodeID, model: Int = 0, outputs: Int = 0, limit: Int = .max, mayEvict: Bool = true
    ) throws(CacheError) -> PlannedRows {
        let paths = batches[model].pathStarts.count
        let rows = try tree.plan(
            node, model: model, outputs: outputs, limit: limit, mayEvict: mayEvict, into: &batches[model])
        let tokens = tree.tokens(of: node)
        if batches[model].pathStarts.count > paths { pathTokens[model].append(tokens) }
        planned[model].append(Planned(tokens: tokens, rows: rows))
        return rows
    }

    /// Plans paths and runs passes until they are complete.
    func compute(_ nodes: NodeID..., model: Int = 0) throws {
        for node in nodes { try plan(node, model: model) }
        run(model: model)
    }

    /// Runs the next pass of a model, and checks what its rows read and the outputs that were promised.
    func run(model: Int = 0, file: StaticString = #filePath, line: UInt = #line) {
        let (batch, memory) = (batches[model], tree.memory(of: model))
        var written: Set<[Int]> = []
        var outputs: [Float] = []
        for row in batch.rows {
            let path = pathTokens[model][Int(row.path)]
            let position = Int(row.position)
            XCTAssertEqual(row.token, path[position], "token of the row", file: file, line: line)
            let page = Int(batch.pages[batch.pathStarts[Int(row.path)] + position / 16])
            XCTAssertTrue(written.insert([page, position % 16]).inserted, "slot written twice", file: file, line: line)
            let value = TracedTree.trace(path)[position]
            memory.write(value, slot: position % 16, page: page)
            if row.wantsOutput { outputs.append(value) }
        }
        for (number, tokens) in pathTokens[model].enumerated() {
            let end = batch.rows.filter { Int($0.path) == number }.map { Int($0.position) + 1 }.max() ?? 0
            let start = batch.pathStarts[number]
            let pages = Array(batch.pages[start..<start + (end + 15) / 16])
            let next = number + 1 < batch.pathStarts.count ? batch.pathStarts[number + 1] : batch.pages.count
            XCTAssertEqual(next - start, pages.count, "pages beyond the path's rows", file: file, line: line)
            let wrong = mismatch(tokens.prefix(end), pages: pages, model: model)
            XCTAssertNil(wrong, "a row reads what is not its path's", file: file, line: line)
        }
        for plan in planned[model] {
            let expected = TracedTree.trace(plan.tokens).suffix(plan.rows.outputs.count)
            XCTAssertEqual(plan.rows.outputs.map { outputs[$0] }, Array(expected), "outputs", file: file, line: line)
        }
        batches[model].removeAll()
        tree.unpin(model: model)
        pathTokens[model] = []
        planned[model] = []
    }

    // MARK: Files

    private static let origin = CacheOrigin(kernels: .baseline, mode: .init(), models: [1, 2])
    private let file = "/dev/shm/specsearch-cache-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    deinit { unlink(file) }

    /// Saves some paths in a file of this tree's own.
    func save(_ nodes: [NodeID]) throws { try tree.save(nodes, to: file, origin: TracedTree.origin) }

    /// Restores them, or those that another tree has saved.
    func restore(from other: TracedTree? = nil) throws -> [NodeID] {
        let limits = CacheLimits(vocabularySize: .max, contextLength: .max)
        return try tree.restore(from: (other ?? self).file, origin: TracedTree.origin, limits: limits).nodes
    }

    /// The first depth of a node's computed path whose slot does not hold what this path wrote, if there is one.
    ///
    /// - Parameter path: the node's tokens, if they are known.
    func mismatch(at node: NodeID, model: Int, path: [Int32]? = nil) -> Int? {
        let tokens = (path ?? tree.tokens(of: node)).prefix(tree.computedDepth(of: node, model: model))
        return mismatch(tokens, pages: tree.pages(of: node, model: model), model: model)
    }

    private func mismatch(_ tokens: ArraySlice<Int32>, pages: [Int32], model: Int) -> Int? {
        let memory = tree.memory(of: model)
        var trace = Trace()
        for (depth, token) in tokens.enumerated() {
            let value = trace.add(token)
            if !memory.holds(value, slot: depth % 16, page: Int(pages[depth / 16])) { return depth }
        }
        return nil
    }

    /// A number for each prefix of a path.
    static func trace(_ tokens: some Sequence<Int32>) -> [Float] {
        var trace = Trace()
        return tokens.map { trace.add($0) }
    }
}

/// A number that stands for all tokens so far (FNV-1a, cut to what a float holds exactly).
private struct Trace {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ token: Int32) -> Float {
        hash = (hash ^ UInt64(UInt32(bitPattern: token) &+ 1)) &* 0x100_0000_01B3
        return Float((hash ^ (hash >> 29)) & 0x7F_FFFF)
    }
}

/// Keys and values for tests with one head of one element, in 32 bits.
extension PageMemory {
    private func floats(layer: Int, page number: Int) -> UnsafeMutablePointer<Float> {
        (page(number) + layer * layout.bytesPerPage / layout.layers).assumingMemoryBound(to: Float.self)
    }

    /// Writes a token's key and value.
    fileprivate func write(_ value: Float, slot: Int, page: Int) {
        for layer in 0..<layout.layers {
            let base = floats(layer: layer, page: page)
            base[slot] = value + Float(layer)
            base[16 + slot * layout.valueStride] = -value - Float(layer)
        }
    }

    /// Whether the slot has what `write` wrote.
    fileprivate func holds(_ value: Float, slot: Int, page: Int) -> Bool {
        (0..<layout.layers).allSatisfy { layer in
            let (base, expected) = (floats(layer: layer, page: page), value + Float(layer))
            return base[slot] == expected && base[16 + slot * layout.valueStride] == -expected
        }
    }
}

/// Fails the test if an invariant of the tree is violated.
func assertInvariants(_ tree: CacheTree, file: StaticString = #filePath, line: UInt = #line) {
    XCTAssertNil(tree.checkInvariants(), file: file, line: line)
}
