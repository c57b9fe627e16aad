internal import Files
internal import Safetensors
internal import Transformer

/// A part of a tree in a file, checked from end to end before anything is taken from it.
///
/// A safetensors file. Its metadata say what computed it (`CacheOrigin`), its tensors hold:
///
/// - `nodes`, int32, n × 2: of each node its parent, which comes before it, or −1 for the root, and how many tokens it has;
/// - `tokens`, int32: those of all nodes, one node after the other;
/// - `held`, int32: the nodes that were saved, −1 for the root;
/// - `note`, uint8: a text in UTF-8;
/// - `computed.m`, int32, n: of how many of a node's tokens, from its first, model m has keys and values;
/// - `pages.m`, uint8, pages × bytes of a page: for each block of 16 depths that these touch a page in model m's layout, with
///   zeros in the slots of other nodes;
/// - `checksum`, uint64: XXH64 of the others in the order above, model by model and page by page, each seeding the next.
struct CacheFile {
    /// A run of tokens under a parent.
    struct Node {
        /// The parent's number; nil for the root.
        let parent: Int?
        /// Depth of the first token.
        let start: Int
        /// Its tokens, by their places in `tokens`.
        let tokens: Range<Int>

        var end: Int { start + tokens.count }
    }

    private(set) var nodes: [Node] = []
    let tokens: [Int32]
    /// The nodes that were saved; nil for the root.
    private(set) var held: [Int?] = []
    /// A text.
    private(set) var note = ""
    /// Of each model and node, how many of the node's tokens have keys and values.
    private(set) var computed: [[Int]] = []
    private let file: SafetensorsFile
    /// Of each model, the tensor of its pages, and the number of each node's first page.
    private var pages: [(tensor: TensorView, first: [Int])] = []

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - layouts: the form of each model's pages.
    ///   - origin: what computes here.
    ///   - limits: what the models can read.
    ///   - verifiesChecksum: whether every byte is read to see that none has changed.
    init(
        contentsOf path: String, layouts: [PageLayout], origin: CacheOrigin, limits: CacheLimits,
        verifiesChecksum: Bool
    ) throws(CacheFileError) {
        do { file = try SafetensorsFile(contentsOf: path) } catch { throw .file(error) }
        for (name, value) in origin.metadata where file.metadata[name] != value {
            throw .otherOrigin(path: path, field: name, found: file.metadata[name], expected: value)
        }
        tokens = try CacheFile.integers("tokens", in: file)
        try readNodes()
        try check(limits)
        for (model, layout) in layouts.enumerated() { try readPages(of: model, layout) }
        try readHeld()
        try readNote()
        let expected = try savedChecksum()
        guard !verifiesChecksum || checksum == expected else { throw .damaged(path: path) }
        do { try file.checkUnchanged() } catch { throw .file(error) }
    }

    /// The page of a node that covers a block of 16 depths, in the layout of a model; valid while the file is open.
    func page(of node: Int, block: Int, model: Int) -> UnsafeRawPointer {
        let (tensor, first) = pages[model]
        let number = first[node] + block - nodes[node].start / PageLayout.tokens
        let bytes = tensor.bytes(of: number * tensor.shape[1]..<(number + 1) * tensor.shape[1])
        guard let page = bytes.baseAddress else { preconditionFailure("no such page") }
        return page
    }

    // MARK: Reading

    private mutating func readNodes() throws(CacheFileError) {
        let numbers = try CacheFile.integers("nodes", in: file)
        guard numbers.count % 2 == 0 else { throw malformed("nodes has \(numbers.count) numbers, expected pairs") }
        var first = 0
        for index in 0..<numbers.count / 2 {
            let (parent, count) = (Int(numbers[2 * index]), Int(numbers[2 * index + 1]))
            guard (-1..<index).contains(parent) else {
                throw malformed("node \(index) has parent \(parent), expected one from −1 to \(index - 1)")
            }
            guard count > 0, count <= tokens.count - first else {
                throw malformed(
                    "node \(index) has \(count) tokens, expected 1 to the \(tokens.count - first) that are left")
            }
            nodes.append(
                Node(
                    parent: parent < 0 ? nil : parent, start: parent < 0 ? 0 : nodes[parent].end,
                    tokens: first..<first + count))
            first += count
        }
        guard first == tokens.count else {
            throw malformed("the nodes have \(first) tokens, but there are \(tokens.count)")
        }
    }

    private func check(_ limits: CacheLimits) throws(CacheFileError) {
        if let wrong = tokens.first(where: { !(0..<limits.vocabularySize ~= Int($0)) }) {
            throw malformed("token \(wrong) is not in the vocabulary of \(limits.vocabularySize)")
        }
        if let longest = nodes.map(\.end).max(), longest > limits.contextLength {
            throw malformed("a path has \(longest) tokens, more than the context's \(limits.contextLength)")
        }
    }

    private mutating func readPages(of model: Int, _ layout: PageLayout) throws(CacheFileError) {
        let counts = try CacheFile.integers("computed.\(model)", in: file).map { Int($0) }
        guard counts.count == nodes.count else {
            throw malformed("computed.\(model) has \(counts.count) numbers, expected \(nodes.count)")
        }
        var (first, count) = ([Int](), 0)
        for (node, own) in zip(nodes, counts) {
            let isComplete = node.parent.map { counts[$0] == nodes[$0].tokens.count } ?? true
            guard (0...(isComplete ? node.tokens.count : 0)).contains(own) else {
                throw malformed("computed.\(model) has \(own) for node \(first.count), which cannot be")
            }
            first.append(count)
            count += NodePages.blocks(from: node.start, to: node.start + own)
        }
        guard let tensor = file.tensor(named: "pages.\(model)"), tensor.elementType == .uint8,
            tensor.shape == [count, layout.bytesPerPage]
        else {
            throw malformed("pages.\(model) is missing, or not \(count) × \(layout.bytesPerPage) bytes")
        }
        computed.append(counts)
        pages.append((tensor, first))
    }

    private mutating func readHeld() throws(CacheFileError) {
        for number in try CacheFile.integers("held", in: file) {
            guard (-1..<nodes.count).contains(Int(number)) else {
                throw malformed("held has \(number), expected numbers from −1 to \(nodes.count - 1)")
            }
            held.append(number < 0 ? nil : Int(number))
        }
    }

    private mutating func readNote() throws(CacheFileError) {
        guard let tensor = file.tensor(named: "note"), tensor.elementType == .uint8,
            let text = String(validating: tensor.bytes, as: UTF8.self)
        else { throw malformed("note is missing, or no text in UTF-8") }
        note = text
    }

    private static func integers(_ name: String, in file: SafetensorsFile) throws(CacheFileError) -> [Int32] {
        guard let tensor = file.tensor(named: name), tensor.elementType == .int32 else {
            throw .malformed(path: file.path, reason: "\(name) is missing, or no int32")
        }
        let bytes = tensor.bytes
        return (0..<tensor.elementCount).map {
            Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
        }
    }

    private func malformed(_ reason: String) -> CacheFileError { .malformed(path: file.path, reason: reason) }

    // MARK: Checksum

    private var checksum: UInt64 {
        var checksum: UInt64 = 0
        func add(_ name: String) {
            if let tensor = file.tensor(named: name) { checksum = Checksum.of(tensor.bytes, seed: checksum) }
        }
        for name in ["nodes", "tokens", "held", "note"] { add(name) }
        for (model, (tensor, _)) in pages.enumerated() {
            add("computed.\(model)")
            for page in 0..<tensor.shape[0] {
                let bytes = tensor.bytes(of: page * tensor.shape[1]..<(page + 1) * tensor.shape[1])
                checksum = Checksum.of(bytes, seed: checksum)
            }
        }
        return checksum
    }

    private func savedChecksum() throws(CacheFileError) -> UInt64 {
        guard let tensor = file.tensor(named: "checksum"), tensor.elementType == .uint64, tensor.elementCount == 1
        else {
            throw malformed("checksum is missing, or no uint64")
        }
        return UInt64(littleEndian: tensor.bytes.loadUnaligned(as: UInt64.self))
    }
}
