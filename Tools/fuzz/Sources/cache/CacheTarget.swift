import CacheTree
import FuzzSupport
import Glibc
import Safetensors
import Transformer

private let path = "/dev/shm/specsearch-fuzz-cache-\(getpid())"
private let layout = PageLayout(layers: 1, keyValueHeads: 1, headSize: 2, precision: .int8)
private let origin = CacheOrigin(kernels: .baseline, mode: .init(cache: .int8), models: [1])
private let limits = CacheLimits(vocabularySize: 100, contextLength: 200)

/// Reads the input as the numbers in a file of saved paths; what is accepted makes a sound tree, which can be saved and
/// restored again, and leaves nothing behind.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withinASecond {
        do {
            var numbers = SavedNumbers(UnsafeBufferPointer(start: bytes, count: count))
            try numbers.write(to: path)
            let tree = try tree()
            let nodes = try tree.restore(from: path, origin: origin, limits: limits, verifiesChecksum: false).nodes
            check(tree)
            try checkRoundTrip(of: nodes, in: tree)
            for node in nodes { tree.release(node) }
            precondition(tree.nodeCount == 1 && tree.bytesInUse == 0, "something is left")
        } catch {
            check(error)
        }
    }
    return 0
}

/// A tree with room for some of what a file can hold.
private func tree() throws -> CacheTree {
    try CacheTree(models: [layout], budget: CacheBudget(bytes: 24 * layout.bytesPerPage))
}

private func check(_ tree: CacheTree) {
    if let violation = tree.checkInvariants() { fatalError(violation) }
}

/// Saves the paths, and restores them where they are and elsewhere.
private func checkRoundTrip(of nodes: [NodeID], in tree: CacheTree) throws {
    try tree.save(nodes, to: path, origin: origin, note: "again")
    let (count, other) = (tree.nodeCount, try CacheTree(models: [layout], budget: CacheBudget(bytes: 1 << 20)))
    let (again, note) = try tree.restore(from: path, origin: origin, limits: limits)
    precondition(note == "again" && tree.nodeCount == count, "the tree has what it saved")
    for node in again { tree.release(node) }
    let copies = try other.restore(from: path, origin: origin, limits: limits).nodes
    check(other)
    precondition(copies.count == nodes.count)
    for (copy, node) in zip(copies, nodes) {
        precondition(other.tokens(of: copy) == tree.tokens(of: node), "other tokens")
        precondition(other.computedDepth(of: copy, model: 0) >= tree.computedDepth(of: node, model: 0), "lost pages")
    }
}

/// What a file says, from bytes: small numbers are likely, and the largest are there.
private struct SavedNumbers {
    private var rest: Slice<UnsafeBufferPointer<UInt8>>

    init(_ bytes: UnsafeBufferPointer<UInt8>) { rest = bytes[...] }

    private mutating func number() -> Int32 {
        switch Int8(truncatingIfNeeded: Int(rest.popFirst() ?? 0)) {
        case .max: .max
        case .min: .min
        case let byte: Int32(byte)
        }
    }

    private mutating func numbers() -> [Int32] {
        let count = Int(rest.popFirst() ?? 0)
        return (0..<count).map { _ in number() }
    }

    mutating func write(to path: String) throws {
        let values = [("nodes", numbers()), ("tokens", numbers()), ("held", numbers()), ("computed.0", numbers())]
        let pages = Int(rest.popFirst() ?? 0)
        let tensors =
            values.map { TensorDeclaration(name: $0.0, elementType: .int32, shape: [$0.1.count]) } + [
                .init(name: "pages.0", elementType: .uint8, shape: [pages, layout.bytesPerPage]),
                .init(name: "note", elementType: .uint8, shape: [rest.count]),
                .init(name: "checksum", elementType: .uint64, shape: [1]),
            ]
        let metadata = [
            "format": "specsearch cache 1", "kernels": "baseline", "prefill": "exact", "activations": "f32",
            "cache": "int8", "pageTokens": "16", "models": "1",
        ]
        let writer = try SafetensorsWriter(path: path, tensors: tensors, metadata: metadata)
        for (name, numbers) in values { try numbers.withUnsafeBytes { try writer.append($0, to: name) } }
        let zeros = [UInt8](repeating: 0, count: pages * layout.bytesPerPage)
        try zeros.withUnsafeBytes { try writer.append($0, to: "pages.0") }
        try Array(rest).withUnsafeBytes { try writer.append($0, to: "note") }
        try [UInt64(0)].withUnsafeBytes { try writer.append($0, to: "checksum") }
        try writer.finish()
    }
}
