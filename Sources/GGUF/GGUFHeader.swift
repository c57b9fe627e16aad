/// One tensor of a GGUF file.
public struct GGUFTensorInfo: Sendable, Hashable {
    /// The name in the file, such as `blk.0.attn_q.weight`.
    public let name: String
    /// The size along each axis, outermost first: the other way round than in the file.
    public let shape: [Int]
    /// How the elements are stored.
    public let type: GGUFType
    /// Where they lie in the file.
    public let byteRange: Range<Int>

    /// The number of elements.
    public var elementCount: Int { shape.reduce(1, *) }
}

/// What stands before the data of a GGUF file, version 2 or 3: metadata and the places of tensors.
public struct GGUFHeader: Sendable, Hashable {
    /// Metadata by key.
    public let metadata: [String: GGUFValue]
    /// All tensors in the order of the file.
    public let tensors: [GGUFTensorInfo]

    /// Reads and checks everything before the data.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - path: for error texts.
    /// - Throws: `GGUFError` for everything that breaks the format, before anything is allocated for it.
    /// - Complexity: O(n log n) in the number of entries and tensors; no data are read.
    public init(parsing bytes: UnsafeRawBufferPointer, path: String) throws(GGUFError) {
        var parser = GGUFParser(bytes: bytes, path: path)
        do {
            (metadata, tensors) = try parser.parse()
        } catch let error as GGUFError {
            throw error
        } catch {
            throw .format(
                path: path, problem: "it ends within the header, at byte \(parser.reader.offset). \(GGUFParser.again)")
        }
    }
}

/// The state of reading a header.
struct GGUFParser {
    static let again = "Download it again."
    private static let magic: [UInt8] = Array("GGUF".utf8)
    private static let usualAlignment = 32
    private static let largestAlignment = 1 << 20
    private static let longestKey = 65_535
    /// Far more than a vocabulary with its merges has; each takes more memory than it takes bytes in the file.
    private static let mostElements = 1 << 24
    private static let largestRank = 4
    private static let largestDimension = 1 << 48
    /// The fewest bytes of an entry and of a tensor.
    private static let entryBytes = 8 + 4 + 1
    private static let tensorBytes = 8 + 4 + 8 + 4 + 8

    let bytes: UnsafeRawBufferPointer
    let path: String
    var reader: ByteReader
    /// Elements that lists may still have together.
    private var elementsLeft = GGUFParser.mostElements

    init(bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
        reader = ByteReader(bytes)
    }

    mutating func parse() throws -> ([String: GGUFValue], [GGUFTensorInfo]) {
        try checkStart()
        guard let tensorCount = try reader.count(size: Self.tensorBytes),
            let entryCount = try reader.count(size: Self.entryBytes)
        else { throw format("it counts more tensors or metadata than it has bytes for.") }
        var metadata: [String: GGUFValue] = [:]
        for _ in 0..<entryCount {
            let (key, value) = try entry()
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw GGUFError.metadata(path: path, key: key, problem: "stands there twice. \(Self.again)")
            }
        }
        let alignment = try alignment(metadata)
        try checkWhole(metadata)
        var pending: [PendingTensor] = []
        var names: Set<String> = []
        for _ in 0..<tensorCount {
            let tensor = try tensor(alignment: alignment)
            guard names.insert(tensor.name).inserted else {
                throw problem(of: tensor.name, "stands there twice. \(Self.again)")
            }
            pending.append(tensor)
        }
        return (metadata, try placed(pending, alignment: alignment))
    }

    private func format(_ problem: String) -> GGUFError { .format(path: path, problem: "\(problem) \(Self.again)") }

    private func problem(of tensor: String, _ problem: String) -> GGUFError {
        .tensor(path: path, name: tensor, problem: problem)
    }

    private mutating func checkStart() throws {
        guard bytes.count >= 4, bytes.prefix(4).elementsEqual(Self.magic) else {
            throw format("it does not begin with the letters GGUF.")
        }
        _ = try reader.take(4)
        let version = try reader.integer(UInt32.self)
        guard version & 0xFFFF != 0 else {
            throw GGUFError.format(
                path: path, problem: "it is big-endian, which this package does not read. Get the little-endian file.")
        }
        guard 2...3 ~= version else {
            throw GGUFError.format(
                path: path,
                problem:
                    "its version is \(version), expected 2 or 3. Convert the model anew with the tool that made it.")
        }
    }

    // MARK: Metadata

    private mutating func text(limit: Int = .max) throws -> String {
        guard let count = try reader.count(size: 1), count <= limit else {
            throw format("a text at byte \(reader.offset) is longer than it can be.")
        }
        let offset = reader.offset
        guard let text = String(validating: try reader.take(count), as: UTF8.self) else {
            throw format("a text at byte \(offset) is not UTF-8.")
        }
        return text
    }

    private mutating func entry() throws -> (String, GGUFValue) {
        let key = try text(limit: Self.longestKey)
        let type = try reader.integer(UInt32.self)
        guard type == 9 else { return (key, try value(type, key: key)) }
        let elementType = try reader.integer(UInt32.self)
        return (key, try list(elementType, key: key))
    }

    private mutating func value(_ type: UInt32, key: String) throws -> GGUFValue {
        switch type {
        case 0: .integer(Int(try reader.integer(UInt8.self)))
        case 1: .integer(Int(try reader.integer(Int8.self)))
        case 2: .integer(Int(try reader.integer(UInt16.self)))
        case 3: .integer(Int(try reader.integer(Int16.self)))
        case 4: .integer(Int(try reader.integer(UInt32.self)))
        case 5: .integer(Int(try reader.integer(Int32.self)))
        case 6: .number(Double(Float(bitPattern: try reader.integer())))
        case 7: .bool(try boolean(key: key))
        case 8: .string(try text())
        case 10: .integer(try signed(try reader.integer(UInt64.self), key: key))
        case 11: .integer(Int(try reader.integer(Int64.self)))
        case 12: .number(Double(bitPattern: try reader.integer()))
        default:
            throw GGUFError.metadata(path: path, key: key, problem: "has the unknown type \(type). \(Self.again)")
        }
    }

    private mutating func list(_ type: UInt32, key: String) throws -> GGUFValue {
        let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 10: 8, 11: 8, 12: 8]
        guard let size = sizes[type] else {
            let found = type == 9 ? "is a list of lists, which nobody writes" : "is a list of the unknown type \(type)"
            throw GGUFError.metadata(path: path, key: key, problem: "\(found). \(Self.again)")
        }
        guard let count = try reader.count(size: size) else {
            throw GGUFError.metadata(
                path: path, key: key, problem: "is a list of more elements than the file has bytes for. \(Self.again)")
        }
        guard count <= elementsLeft else {
            throw GGUFError.metadata(
                path: path, key: key,
                problem:
                    "is a list of \(count) elements; all lists together may have \(Self.mostElements). \(Self.again)")
        }
        elementsLeft -= count
        var values: [GGUFValue] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try value(type, key: key)) }
        switch type {
        case 6, 12: return .numbers(values.compactMap { if case .number(let number) = $0 { number } else { nil } })
        case 7: return .bools(values.compactMap { if case .bool(let bool) = $0 { bool } else { nil } })
        case 8: return .strings(values.compactMap { if case .string(let text) = $0 { text } else { nil } })
        default: return .integers(values.compactMap { if case .integer(let integer) = $0 { integer } else { nil } })
        }
    }

    private mutating func boolean(key: String) throws -> Bool {
        let byte = try reader.integer(UInt8.self)
        guard byte <= 1 else {
            throw GGUFError.metadata(
                path: path, key: key, problem: "holds the byte \(byte), expected 0 or 1. \(Self.again)")
        }
        return byte == 1
    }

    private func signed(_ value: UInt64, key: String) throws -> Int {
        guard let signed = Int(exactly: value) else {
            throw GGUFError.metadata(
                path: path, key: key, problem: "is \(value), more than 63 bits hold. \(Self.again)")
        }
        return signed
    }

    private func alignment(_ metadata: [String: GGUFValue]) throws -> Int {
        guard let value = metadata["general.alignment"] else { return Self.usualAlignment }
        guard case .integer(let alignment) = value, 1...Self.largestAlignment ~= alignment,
            alignment & (alignment - 1) == 0
        else {
            throw GGUFError.metadata(
                path: path, key: "general.alignment",
                problem: "is no power of two up to \(Self.largestAlignment). \(Self.again)")
        }
        return alignment
    }

    private func checkWhole(_ metadata: [String: GGUFValue]) throws {
        guard let value = metadata["split.count"], value != .integer(0), value != .integer(1) else { return }
        throw GGUFError.metadata(
            path: path, key: "split.count",
            problem: "says that this is one of several files. Join them with llama-gguf-split --merge.")
    }

    // MARK: Tensors

    /// A tensor whose place is still relative to the data.
    private struct PendingTensor {
        let name: String
        let shape: [Int]
        let type: GGUFType
        let offset: Int
        let byteCount: Int
    }

    private mutating func tensor(alignment: Int) throws -> PendingTensor {
        let name = try text(limit: Self.longestKey)
        let rank = try reader.integer(UInt32.self)
        guard 1...UInt32(Self.largestRank) ~= rank else {
            throw problem(of: name, "has \(rank) axes, expected 1 to \(Self.largestRank). \(Self.again)")
        }
        var shape: [Int] = []
        for _ in 0..<rank {
            let size = try reader.integer(UInt64.self)
            guard 1...UInt64(Self.largestDimension) ~= size else {
                throw problem(of: name, "has an axis of \(size) elements. \(Self.again)")
            }
            shape.insert(Int(size), at: 0)
        }
        let number = try reader.integer(UInt32.self)
        guard let type = GGUFType(rawValue: number) else {
            let known = GGUFType.allCases.map(\.name).joined(separator: ", ")
            throw problem(of: name, "is of type \(number); these are read: \(known). Get the model in one of them.")
        }
        let byteCount = try byteCount(of: name, shape, type)
        let offset = try reader.integer(UInt64.self)
        guard offset <= UInt64(bytes.count), offset % UInt64(alignment) == 0 else {
            throw problem(
                of: name, "begins at byte \(offset) of the data, no multiple of \(alignment) in the file. \(Self.again)"
            )
        }
        return PendingTensor(name: name, shape: shape, type: type, offset: Int(offset), byteCount: byteCount)
    }

    private func byteCount(of name: String, _ shape: [Int], _ type: GGUFType) throws -> Int {
        guard let width = shape.last, width % type.blockElements == 0 else {
            throw problem(
                of: name,
                "has rows of \(shape.last ?? 0) elements, no multiple of the \(type.blockElements) of a block of "
                    + "\(type.name). \(Self.again)")
        }
        var count = type.blockBytes
        for size in shape.dropLast() + [width / type.blockElements] {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, product <= bytes.count else {
                throw problem(of: name, "has more elements than the file has bytes for. \(Self.again)")
            }
            count = product
        }
        return count
    }

    /// Tensors at their places in the file, which may neither overlap nor leave it.
    private func placed(_ pending: [PendingTensor], alignment: Int) throws -> [GGUFTensorInfo] {
        let start = (reader.offset + alignment - 1) / alignment * alignment
        var end = 0
        for tensor in pending.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
            guard tensor.offset >= end else {
                throw problem(of: tensor.name, "begins within another tensor. \(Self.again)")
            }
            end = tensor.offset + tensor.byteCount
            guard start + end <= bytes.count else {
                throw problem(
                    of: tensor.name, "ends at byte \(start + end), but the file has \(bytes.count). \(Self.again)")
            }
        }
        return pending.map { tensor in
            let first = start + tensor.offset
            return GGUFTensorInfo(
                name: tensor.name, shape: tensor.shape, type: tensor.type, byteRange: first..<first + tensor.byteCount)
        }
    }
}
