import CacheTree
import Compute
import Decoding
import Files
import Foundation
import TestSupport
import Transformer
import XCTest

/// A row's bits against those of the same path alone, token by token on one thread, over random histories: rows of a pass,
/// chunks, threads, page layouts, forks, proposals that are forgotten, known and unknown prefixes, evictions and files.
///
/// `SPECSEARCH_ROWS` sets how many rows of each bundled model are compared, `SPECSEARCH_SEED` where the histories begin.
final class LogitRowTests: XCTestCase {
    func testEveryRowHasTheBitsOfItsPathAlone() async throws {
        let rows = setting("SPECSEARCH_ROWS") ?? 1_500
        for family in TinyModels.families {
            for name in ["target", "draft", "reward"] {
                let model = try LanguageModel(contentsOf: TinyModels.bundled("\(family)/\(name)"))
                for mode in [NumericMode(), .init(cache: .bfloat16), .init(cache: .int8)] {
                    // The modes that round share a tenth of the rows.
                    let wanted = mode == NumericMode() ? rows : rows / 20
                    try await compare(model, mode, rows: wanted, "\(family)/\(name), \(mode.cache.rawValue) cache")
                }
            }
        }
    }

    private func compare(_ model: LanguageModel, _ mode: NumericMode, rows: Int, _ name: String) async throws {
        var seed = UInt64(setting("SPECSEARCH_SEED") ?? 1)
        let texts = KnownTexts(model, mode, seed: seed)
        var (compared, kinds) = (0, Set<String>())
        while compared < rows || kinds.count < 6 {
            let history = try PathHistory(texts, seed: seed)
            for _ in 0..<40 {
                let (kind, count, difference) = try await history.step()
                if let difference { return XCTFail("\(name), seed \(seed), \(kind): \(difference)") }
                compared += count
                kinds.insert(kind)
            }
            seed += 1
        }
        print("\(name): \(compared) rows, no differing bit, \(kinds.count) kinds of steps")
    }

    private func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }
}

/// Texts that share beginnings, and a checksum of every row's outputs, computed in the simplest way.
private struct KnownTexts {
    let model: LanguageModel
    let mode: NumericMode
    let texts: [[Int32]]
    /// Of each text and depth.
    let checksums: [[UInt64]]

    init(_ model: LanguageModel, _ mode: NumericMode, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var texts: [[Int32]] = []
        for _ in 0..<12 {
            let other = texts.randomElement(using: &random) ?? []
            let shared = other.prefix(Int.random(in: 0...100, using: &random))
            let count = Int.random(in: 1...80, using: &random)
            texts.append(shared + KnownTexts.tokens(count, model, &random))
        }
        let arithmetic = Arithmetic(team: ThreadTeam(threads: 1), mode: mode)
        checksums = texts.map { text in
            let runner = PathRunner(model, arithmetic: arithmetic)
            return text.map { token in runner.append([token]).withUnsafeBytes { Checksum.of($0) } }
        }
        (self.model, self.mode, self.texts) = (model, mode, texts)
    }

    static func tokens(_ count: Int, _ model: LanguageModel, _ random: inout SeededRandom) -> [Int32] {
        let size = Int32(model.configuration.vocabularySize)
        return (0..<count).map { _ in Int32.random(in: 0..<size, using: &random) }
    }
}

/// Random things that happen to a tree; all outputs that come of them are compared.
private final class PathHistory {
    /// A path and the text that it is a beginning of.
    private struct Path {
        let node: NodeID
        let text: Int
    }

    private let texts: KnownTexts
    private let thread: ComputeThread
    private let rowsPerPass: Int
    private let origin: CacheOrigin
    private let file = "/dev/shm/specsearch-rows-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    private var tree: CacheTree
    private var runner: PassRunner
    private var random: SeededRandom
    private var paths: [Path] = []

    init(_ texts: KnownTexts, seed: UInt64) throws {
        self.texts = texts
        random = SeededRandom(seed: seed &* 7919)
        thread = ComputeThread(threads: Int.random(in: 1...3, using: &random), mode: texts.mode)
        rowsPerPass = Int.random(in: 16...300, using: &random)
        origin = CacheOrigin(kernels: .current, mode: texts.mode, models: [1])
        (tree, runner) = try PathHistory.tree(texts, thread, &random)
    }

    deinit { unlink(file) }

    /// A tree with memory for much or for little.
    private static func tree(
        _ texts: KnownTexts, _ thread: ComputeThread, _ random: inout SeededRandom
    ) throws -> (CacheTree, PassRunner) {
        let layout = texts.model.configuration.pageLayout(texts.mode.cache)
        let pages = Bool.random(using: &random) ? 10_000 : Int.random(in: 24...90, using: &random)
        let tree = try CacheTree(models: [layout], budget: CacheBudget(bytes: pages * layout.bytesPerPage))
        return (tree, PassRunner(texts.model, number: 0, tree: tree, thread: thread))
    }

    /// Does something: what, how many rows were compared, and what was wrong if anything was.
    func step() async throws -> (kind: String, rows: Int, difference: String?) {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45:
            open(isKnown: Bool.random(using: &random))
            return ("open", 0, nil)
        case 45..<50:
            release()
            return ("release", 0, nil)
        case 50..<58:
            let (rows, difference) = try await propose()
            return ("propose", rows, difference)
        case 58..<61:
            evict()
            return ("evict", 0, nil)
        case 61..<64:
            try restore()
            return ("restore", 0, nil)
        default:
            let (rows, difference) = try await compute()
            return ("compute", rows, difference)
        }
    }

    private func open(isKnown: Bool) {
        let text = Int.random(in: 0..<texts.texts.count, using: &random)
        let tokens = texts.texts[text].prefix(Int.random(in: 1...texts.texts[text].count, using: &random))
        let known = isKnown ? tree.longestPrefix(of: Array(tokens)) : (tree.root, 0)
        let node = tree.fork(known.0, atDepth: known.1)
        tree.append(Array(tokens.dropFirst(known.1)), to: node)
        paths.append(Path(node: node, text: text))
    }

    private func release() {
        guard !paths.isEmpty else { return }
        tree.release(paths.remove(at: Int.random(in: 0..<paths.count, using: &random)).node)
    }

    private func evict() {
        for path in paths.shuffled(using: &random).prefix(4) where tree.isGrowable(path.node) {
            tree.evict(path.node, model: 0)
        }
    }

    /// Computes tokens that turn out to be wrong, and those that are right instead.
    private func propose() async throws -> (Int, String?) {
        guard let path = paths.last(where: { tree.isGrowable($0.node) }) else { return (0, nil) }
        let depth = tree.depth(of: path.node)
        let right = texts.texts[path.text].dropFirst(depth).prefix(Int.random(in: 0...4, using: &random))
        tree.append(Array(right), to: path.node)
        let wrong = KnownTexts.tokens(Int.random(in: 1...6, using: &random), texts.model, &random)
        tree.append(wrong, to: path.node)
        let outputs = right.count + wrong.count
        let found = try await runner.compute([path.node], outputs: outputs, rowsPerPass: max(16, outputs))
        tree.truncate(path.node, toDepth: depth + right.count)
        let width = texts.model.configuration.outputWidth
        return (right.count, difference(Array(found[0].prefix(right.count * width)), path, from: depth))
    }

    /// Computes some paths at once, with the outputs of their last tokens.
    private func compute() async throws -> (Int, String?) {
        let most = Int.random(in: 1...48, using: &random)
        let chosen = paths.shuffled(using: &random).prefix(Int.random(in: 1...16, using: &random))
        let depth = chosen.map { tree.depth(of: $0.node) }.min() ?? 0
        let outputs = min(most, depth)
        guard outputs > 0 else { return (0, nil) }
        let found: [[Float]]
        do throws(DecodingError) {
            found = try await runner.compute(
                chosen.map(\.node), outputs: outputs, rowsPerPass: max(rowsPerPass, outputs))
        } catch {
            guard case .memory = error else { throw error }
            return (0, nil)
        }
        for (path, rows) in zip(chosen, found) {
            if let difference = difference(rows, path, from: tree.depth(of: path.node) - outputs) {
                return (0, difference)
            }
        }
        return (chosen.count * outputs, nil)
    }

    /// The first row that is not what it is alone.
    private func difference(_ rows: [Float], _ path: Path, from depth: Int) -> String? {
        let width = texts.model.configuration.outputWidth
        for row in 0..<rows.count / width {
            let checksum = rows[row * width..<(row + 1) * width].withUnsafeBytes { Checksum.of($0) }
            if checksum != texts.checksums[path.text][depth + row] {
                return "depth \(depth + row) of text \(path.text) has other bits"
            }
        }
        return nil
    }

    /// Goes on in another tree, with what a file has kept.
    private func restore() throws {
        try tree.save(paths.map(\.node), to: file, origin: origin)
        (tree, runner) = try PathHistory.tree(texts, thread, &random)
        let limits = CacheLimits(
            vocabularySize: texts.model.configuration.vocabularySize,
            contextLength: texts.model.configuration.contextLength)
        let nodes = try tree.restore(from: file, origin: origin, limits: limits).nodes
        paths = zip(nodes, paths).map { Path(node: $0, text: $1.text) }
    }
}
