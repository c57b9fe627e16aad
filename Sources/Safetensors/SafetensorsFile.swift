internal import Files
internal import JSON

/// A safetensors file, mapped into memory and fully checked before anything is read from it.
///
/// The file must not be cut short while it is open: reading a page that is gone ends the program (SIGBUS), as with
/// every mapped file. Replacing it by renaming, as `SafetensorsWriter` does, is safe.
public final class SafetensorsFile: Sendable {
    /// The path as it was given.
    public let path: String
    /// Names, types, shapes and places.
    public let header: SafetensorsHeader
    private let mapping: MappedFile
    private let dataStart: Int
    private let positions: [ExactName: Int]

    /// Free text that the file carries, by name.
    public var metadata: [String: String] { header.metadata }
    /// All tensors in the order of their bytes.
    public var tensors: [TensorInfo] { header.tensors }

    /// Opens a file, checks its whole header, and maps it.
    ///
    /// - Throws: `SafetensorsError` for everything that breaks the format.
    /// - Complexity: O(n log n) in the number of tensors; no data are read.
    public convenience init(contentsOf path: String) throws(SafetensorsError) {
        try self.init(contentsOf: path, followsLinks: true)
    }

    init(contentsOf path: String, followsLinks: Bool) throws(SafetensorsError) {
        let file: InputFile
        do { file = try InputFile(path: path, followsLinks: followsLinks) } catch {
            throw .file(path: path, .access(error))
        }
        let size = file.bytes
        // The header is copied, so that nobody can change it between the checks and their use.
        let prefix = try Self.read(file, at: 0, count: min(SafetensorsHeader.prefixBytes, size))
        let length = try SafetensorsHeader.length(prefix: prefix, fileBytes: size, path: path)
        let text = try Self.read(file, at: SafetensorsHeader.prefixBytes, count: length)
        let dataStart = SafetensorsHeader.prefixBytes + length
        header = try SafetensorsHeader(parsing: text, dataBytes: size - dataStart, path: path)
        do { mapping = try MappedFile(file) } catch { throw .file(path: path, .access(error)) }
        var positions: [ExactName: Int] = [:]
        positions.reserveCapacity(header.tensors.count)
        for (position, tensor) in header.tensors.enumerated() { positions[ExactName(tensor.name)] = position }
        self.path = path
        self.dataStart = dataStart
        self.positions = positions
    }

    private static func read(
        _ file: borrowing InputFile, at offset: Int, count: Int
    ) throws(SafetensorsError) -> [UInt8] {
        do { return try file.read(at: offset, count: count) } catch { throw .file(path: file.path, .access(error)) }
    }

    /// The tensor with exactly this name, or nil.
    public func tensor(named name: String) -> TensorView? {
        positions[ExactName(name)].map { TensorView(info: tensors[$0], file: self) }
    }

    /// Checks that size and time of the file are what they were when it was opened; for the end of a long read.
    ///
    /// - Throws: `SafetensorsError.file`, with `.access(.changed)` if they are not.
    public func checkUnchanged() throws(SafetensorsError) {
        do { try mapping.checkUnchanged() } catch { throw .file(path: path, .access(error)) }
    }

    /// Lets the system drop the memory of a tensor that has been read; reading it again is slow but right.
    ///
    /// - Parameter elements: the elements to let go of; all of them if nil.
    public func releasePages(of tensor: TensorInfo, elements: Range<Int>? = nil) {
        let width = tensor.elementType.bytes
        let elements = elements ?? 0..<tensor.elementCount
        precondition(elements.lowerBound >= 0 && elements.upperBound <= tensor.elementCount, "no such elements")
        let start = dataStart + tensor.byteRange.lowerBound
        mapping.releasePages(start + elements.lowerBound * width..<start + elements.upperBound * width)
    }

    /// The bytes of a tensor of this file.
    func bytes(of tensor: TensorInfo) -> UnsafeRawBufferPointer {
        let start = dataStart + tensor.byteRange.lowerBound
        return UnsafeRawBufferPointer(rebasing: mapping.bytes[start..<start + tensor.byteRange.count])
    }
}
