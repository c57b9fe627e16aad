internal import Files

/// Writes a GGUF file, version 3, piece by piece; it gets its name when it is complete.
public final class GGUFWriter {
    /// A tensor that is going to be written.
    public struct Declaration: Sendable {
        /// The name, in llama.cpp's words.
        public let name: String
        let shape: [Int]
        let type: GGUFType

        /// Declares a tensor; its rows are whole blocks of the type.
        ///
        /// - Parameter shape: the size along each axis, outermost first.
        public init(name: String, shape: [Int], type: GGUFType) {
            precondition((shape.last ?? 0) % type.blockElements == 0, "rows that are no whole blocks")
            (self.name, self.shape, self.type) = (name, shape, type)
        }

        /// The bytes that it takes, without padding.
        public var byteCount: Int { shape.reduce(1, *) / type.blockElements * type.blockBytes }
    }

    private static let alignment = 32

    /// The final path.
    public let path: String
    private let file: TemporaryFile
    /// By name, where the next bytes go, and where the tensor ends.
    private var places: [String: Range<Int>] = [:]

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - metadata: entries in the order of the file. Integers are written as 32 bits where they fit, single ones
    ///     without a sign if they have none; numbers as 32 bits.
    ///   - tensors: every tensor in the order of the file.
    /// - Throws: `GGUFError.writing` if the system refuses.
    public init(path: String, metadata: [(key: String, value: GGUFValue)], tensors: [Declaration]) throws(GGUFError) {
        var header = GGUFHeaderBytes()
        header.append(UInt64(tensors.count))
        header.append(UInt64(metadata.count))
        for entry in metadata { header.append(entry.key, entry.value) }
        var offset = 0
        for tensor in tensors {
            header.text(tensor.name)
            header.append(UInt32(tensor.shape.count))
            for size in tensor.shape.reversed() { header.append(UInt64(size)) }
            header.append(tensor.type.rawValue)
            header.append(UInt64(offset))
            places[tensor.name] = offset..<offset + tensor.byteCount
            offset = GGUFWriter.aligned(offset + tensor.byteCount)
        }
        let start = GGUFWriter.aligned(header.bytes.count)
        header.pad(to: start)
        places = places.mapValues { start + $0.lowerBound..<start + $0.upperBound }
        self.path = path
        do {
            file = try TemporaryFile(path: path)
            try file.write(header.bytes, at: 0)
            // The last tensor's padding is part of the file.
            if offset > 0 { try file.write([0], at: start + offset - 1) }
        } catch { throw .writing(path: error.path, code: error.code) }
    }

    /// Appends whole blocks to a tensor.
    ///
    /// - Precondition: the tensor was declared, and has room for them.
    /// - Throws: `GGUFError.writing` if the system refuses.
    public func append(_ bytes: UnsafeRawBufferPointer, to name: String) throws(GGUFError) {
        guard let place = places[name], bytes.count <= place.count else {
            preconditionFailure("more bytes than \(name) has")
        }
        do { try file.write(bytes, at: place.lowerBound) } catch { throw .writing(path: error.path, code: error.code) }
        places[name] = place.lowerBound + bytes.count..<place.upperBound
    }

    /// Gives the file its final name.
    ///
    /// - Precondition: all tensors are complete.
    /// - Throws: `GGUFError.writing` if the system refuses.
    public func finish() throws(GGUFError) {
        precondition(places.values.allSatisfy(\.isEmpty), "a tensor lacks bytes")
        do { try file.commit() } catch { throw .writing(path: error.path, code: error.code) }
    }

    private static func aligned(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
