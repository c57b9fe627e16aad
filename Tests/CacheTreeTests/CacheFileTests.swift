import Compute
import Files
import Foundation
import Safetensors
import TestSupport
import Transformer
import XCTest

@testable import CacheTree

/// Paths in files: what comes back, and what is refused.
final class CacheFileTests: XCTestCase {
    private var folder = ""
    private var path: String { folder + "/cache.safetensors" }
    private let origin = CacheOrigin(kernels: .baseline, mode: .init(), models: [7, 0xABC])
    private let limits = CacheLimits(vocabularySize: 100_000, contextLength: 1_000)

    override func setUpWithError() throws {
        folder = FileManager.default.temporaryDirectory.path + "/cache-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    override func tearDownWithError() throws { try FileManager.default.removeItem(atPath: folder) }

    /// A prompt with two branches, one of which goes on, all computed by the first model and in part by the second.
    private func example() throws -> (traced: TracedTree, ends: [NodeID]) {
        let traced = try TracedTree(layers: [1, 3])
        let prompt = traced.branch(Array(0..<40))
        let left = traced.branch(Array(100..<120), under: prompt)
        let right = traced.branch(Array(200..<203), under: prompt)
        let deep = traced.branch([300, 301], under: left)
        try traced.compute(right, deep)
        try traced.compute(left, model: 1)
        return (traced, [deep, right, left, prompt])
    }

    private func tokens(_ nodes: [NodeID], in traced: TracedTree) -> [[Int32]] {
        nodes.map { traced.tree.tokens(of: $0) }
    }

    // MARK: What comes back

    func testPathsComeBackWithAllThatWasComputed() throws {
        let (old, ends) = try example()
        try old.save(ends)
        let new = try TracedTree(layers: [1, 3])
        let restored = try new.restore(from: old)
        XCTAssertEqual(tokens(restored, in: new), tokens(ends, in: old))
        for model in 0...1 {
            let depths = ends.map { old.tree.computedDepth(of: $0, model: model) }
            XCTAssertEqual(restored.map { new.tree.computedDepth(of: $0, model: model) }, depths)
            for node in restored { XCTAssertNil(new.mismatch(at: node, model: model)) }
            XCTAssertEqual(new.tree.statistics(of: model).bytesInUse, old.tree.statistics(of: model).bytesInUse)
        }
        assertInvariants(new.tree)
        // They grow and are computed like any others.
        let branch = new.branch([9], under: restored[1])
        try new.compute(branch, restored[0], model: 1)
        for node in restored { new.tree.release(node) }
        new.tree.release(branch)
        XCTAssertEqual(new.budget.used, 0)
        XCTAssertEqual(new.tree.nodeCount, 1)
    }

    func testWhatTheTreeHasIsSharedAndStays() throws {
        let (old, ends) = try example()
        try old.save(ends)
        let (new, own) = try example()
        let (nodes, bytes) = (new.tree.nodeCount, new.budget.used)
        let restored = try new.restore(from: old)
        XCTAssertEqual(restored, own)
        XCTAssertEqual(new.tree.nodeCount, nodes)
        XCTAssertEqual(new.budget.used, bytes)
        // One that has gone another way from the middle of a node on, and of another length.
        let other = try TracedTree(layers: [1, 3])
        let line = other.branch(Array(0..<35) + [7, 8, 9])
        try other.compute(line)
        let added = try other.restore(from: old)
        XCTAssertEqual(tokens(added, in: other), tokens(ends, in: old))
        for node in added + [line] {
            for model in 0...1 { XCTAssertNil(other.mismatch(at: node, model: model)) }
        }
        XCTAssertEqual(added.map { other.tree.computedDepth(of: $0, model: 0) }, [62, 43, 60, 40])
        assertInvariants(other.tree)
    }

    func testWithoutMemoryTokensComeBackAlone() throws {
        let (old, ends) = try example()
        try old.save(ends)
        for pages in 0...22 {
            let new = try TracedTree(layers: [1, 3], pages: pages)
            let restored = try new.restore(from: old)
            XCTAssertEqual(tokens(restored, in: new), tokens(ends, in: old), "\(pages) pages")
            for node in restored {
                for model in 0...1 { XCTAssertNil(new.mismatch(at: node, model: model), "\(pages) pages") }
            }
            assertInvariants(new.tree)
            XCTAssertLessThanOrEqual(new.budget.used, new.budget.bytes)
            // A node's pages come back together: the prompt has three of the first model.
            XCTAssertEqual(new.budget.used > 0, pages >= 3, "\(pages) pages")
            if pages == 22 { XCTAssertEqual(new.budget.used, old.budget.used) }
        }
    }

    func testNotesComeBack() throws {
        let (old, _) = try example()
        for note in ["", "ä €\u{0}\n", String(repeating: "x", count: 100_000)] {
            try old.tree.save([], to: path, origin: origin, note: note)
            XCTAssertEqual(try old.tree.restore(from: path, origin: origin, limits: limits).note, note)
        }
    }

    func testEmptyPathsAndNothingComeBack() throws {
        let traced = try TracedTree(layers: [1, 3])
        let empty = traced.tree.fork(traced.tree.root)
        for nodes in [[], [traced.tree.root], [empty, traced.tree.root]] {
            try traced.save(nodes)
            XCTAssertEqual(try traced.restore(), nodes.map { _ in traced.tree.root })
        }
    }

    func testAFileHoldsNothingOfOtherPaths() throws {
        let (old, ends) = try example()
        try old.tree.save([ends[3]], to: path, origin: origin)
        let file = try SafetensorsFile(contentsOf: path)
        XCTAssertEqual(file.tensor(named: "tokens")?.elementCount, 40)
        let pages = try XCTUnwrap(file.tensor(named: "pages.0"))
        XCTAssertEqual(pages.shape, [3, old.layouts[0].bytesPerPage])
        // Depths 32 to 39 lie in slots 0 to 7; behind them, in memory, lies what the branches wrote.
        let last = pages.bytes.suffix(old.layouts[0].bytesPerPage).withUnsafeBytes {
            Array($0.bindMemory(to: Float.self))
        }
        XCTAssertFalse(last[..<8].contains(0))
        XCTAssertTrue(last[8..<16].allSatisfy { $0 == 0 })
        XCTAssertTrue((8..<16).allSatisfy { last[16 + $0 * 16] == 0 })
    }

    func testEveryPrecisionComesBackSlotBySlot() {
        for precision in CachePrecision.allCases {
            let layout = PageLayout(layers: 2, keyValueHeads: 3, headSize: 6, precision: precision)
            let (source, target) = (
                FloatBuffer(count: layout.bytesPerPage / 4), FloatBuffer(count: layout.bytesPerPage / 4)
            )
            let bytes = UnsafeMutableRawPointer(source.floats), copies = UnsafeMutableRawPointer(target.floats)
            for index in 0..<layout.bytesPerPage {
                bytes.storeBytes(of: UInt8(truncatingIfNeeded: index | 1), toByteOffset: index, as: UInt8.self)
            }
            let whole = FloatBuffer(count: layout.bytesPerPage / 4)
            for slot in 0..<16 { layout.copy(slot..<slot + 1, of: bytes, to: UnsafeMutableRawPointer(whole.floats)) }
            layout.copy(3..<9, of: bytes, to: copies)
            layout.copy(0..<3, of: bytes, to: copies)
            layout.copy(9..<16, of: bytes, to: copies)
            XCTAssertEqual(memcmp(copies, whole.floats, layout.bytesPerPage), 0, "\(precision)")
            let copied = (0..<layout.bytesPerPage).filter { copies.load(fromByteOffset: $0, as: UInt8.self) != 0 }.count
            let perToken = [.float32: 4, .bfloat16: 2, .int8: 1][precision]! * 2 * 6 + (precision == .int8 ? 8 : 0)
            XCTAssertEqual(copied, 6 * 16 * perToken, "\(precision)")
        }
    }

    // MARK: What is refused

    private func assertRefused(_ words: String..., file: StaticString = #filePath, line: UInt = #line) throws {
        let tree = try TracedTree(layers: [1, 3]).tree
        XCTAssertThrowsError(
            try tree.restore(from: path, origin: origin, limits: limits), file: file, line: line
        ) { error in
            for word in words { XCTAssertTrue("\(error)".contains(word), "\(error)", file: file, line: line) }
        }
        XCTAssertEqual(tree.nodeCount, 1, file: file, line: line)
    }

    /// Writes the example with another tensor in the place of one, or without it.
    private func write(
        _ name: String, _ numbers: [Int32]?, shape: [Int]? = nil, type: ElementType = .int32,
        metadata: [String: String?] = [:]
    ) throws {
        let (old, ends) = try example()
        try old.tree.save(ends, to: path, origin: origin)
        let file = try SafetensorsFile(contentsOf: path)
        var declared = file.tensors.map {
            TensorDeclaration(name: $0.name, elementType: $0.elementType, shape: $0.shape)
        }
        declared.removeAll { $0.name == name }
        if let numbers { declared.append(.init(name: name, elementType: type, shape: shape ?? [numbers.count])) }
        var texts = file.metadata
        for (key, value) in metadata { texts[key] = value }
        let writer = try SafetensorsWriter(path: path, tensors: declared, metadata: texts)
        for tensor in file.tensors where tensor.name != name {
            try file.tensor(named: tensor.name).map { try writer.append($0.bytes, to: $0.name) }
        }
        try numbers?.withUnsafeBytes { try writer.append(UnsafeRawBufferPointer(rebasing: $0[...]), to: name) }
        try writer.finish()
    }

    func testTheExampleIsAccepted() throws {
        let (old, ends) = try example()
        try old.tree.save(ends, to: path, origin: origin)
        XCTAssertEqual(
            try TracedTree(layers: [1, 3]).tree.restore(from: path, origin: origin, limits: limits).nodes.count, 4)
    }

    func testOtherOriginsAreRefusedByName() throws {
        let changes = [
            "format": "specsearch cache 2", "kernels": "avx512", "prefill": "blas", "activations": "bf16",
            "cache": "int8",
            "pageTokens": "32", "models": "7 abd",
        ]
        for (field, value) in changes {
            try write("none", nil, metadata: [field: value])
            try assertRefused(field, value, "expected", "compute them again")
            try write("none", nil, metadata: [field: nil])
            try assertRefused(field, "missing", "expected")
        }
    }

    func testTensorsThatDoNotHoldTogetherAreRefused() throws {
        // The example has four nodes: the prompt, left, deep, right.
        try write("nodes", [-1, 40, 0, 20, 1, 2, 0, 3, 5], shape: [9])
        try assertRefused("expected pairs")
        for parent: Int32 in [1, 3, -2, 1 << 30] {
            try write("nodes", [-1, 40, parent, 20, 1, 2, 0, 3])
            try assertRefused("node 1 has parent \(parent)")
        }
        for count: Int32 in [0, -1, 26, .max, .min] {
            try write("nodes", [-1, 40, 0, count, 1, 2, 0, 3])
            try assertRefused("node 1 has \(count) tokens")
        }
        try write("nodes", [-1, 40, 0, 20, 1, 2, 0, 2])
        try assertRefused("the nodes have 64 tokens, but there are 65")
        for token: Int32 in [-1, 100_000, .max] {
            try write("tokens", Array(0..<64) + [token])
            try assertRefused("token \(token) is not in the vocabulary of 100000")
        }
        try write("held", [0, 1, 4])
        try assertRefused("held has 4")
        try write("held", [-2])
        try assertRefused("held has -2")
        for (computed, node): ([Int32], Int) in [
            ([41, 20, 2, 3], 0), ([-1, 20, 2, 3], 0), ([39, 20, 2, 3], 1), ([40, 19, 2, 3], 2), ([40, 0, 1, 3], 2),
        ] {
            try write("computed.0", computed)
            try assertRefused("computed.0", "for node \(node)")
        }
        try write("computed.1", [40, 20])
        try assertRefused("computed.1 has 2 numbers, expected 4")
        try write("note", [-1], shape: [4], type: .uint8)
        try assertRefused("note")
        try write("pages.1", [0, 0])
        try assertRefused("pages.1 is missing, or not")
        for name in ["nodes", "tokens", "held", "note", "computed.0", "pages.0", "computed.1", "pages.1", "checksum"] {
            try write(name, nil)
            try assertRefused(name, "missing")
            try write(name, [0, 1], type: .float32)
            try assertRefused(name)
        }
    }

    func testPathsBeyondTheContextAreRefused() throws {
        let (old, ends) = try example()
        try old.tree.save(ends, to: path, origin: origin)
        let short = CacheLimits(vocabularySize: 1_000, contextLength: 61)
        XCTAssertThrowsError(try TracedTree(layers: [1, 3]).tree.restore(from: path, origin: origin, limits: short)) {
            XCTAssertTrue("\($0)".contains("a path has 62 tokens, more than the context's 61"), "\($0)")
        }
    }

    func testAnyChangedByteIsFound() throws {
        let (old, ends) = try example()
        try old.tree.save(ends, to: path, origin: origin)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let data = 8 + Int(whole.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        for place in stride(from: data, to: whole.count, by: 31) {
            var changed = whole
            changed[place] ^= UInt8(1 << (place % 8))
            try changed.write(to: URL(fileURLWithPath: path))
            let tree = try TracedTree(layers: [1, 3]).tree
            XCTAssertThrowsError(try tree.restore(from: path, origin: origin, limits: limits), "byte \(place)")
        }
        for length in [0, 7, data, data + 1, whole.count - 1] {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            try assertRefused()
        }
    }

    func testAFolderThatCannotBeWrittenIsNamed() throws {
        let (old, ends) = try example()
        XCTAssertThrowsError(try old.tree.save(ends, to: folder + "/none/cache", origin: origin)) {
            XCTAssertTrue("\($0)".contains("/none/cache"), "\($0)")
        }
    }
}
