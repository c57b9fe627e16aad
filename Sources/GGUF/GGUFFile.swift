internal import Files

/// A GGUF file (llama.cpp's format for models), mapped into memory and fully checked before anything is read from it.
///
/// As with every mapped file, cutting it short while it is open ends the program.
public final class GGUFFile: Sendable {
    /// The path as it was given.
    public let path: String
    /// Metadata and the places of tensors.
    public let header: GGUFHeader
    private let mapping: MappedFile
    private let positions: [String: Int]

    /// Opens a file, checks its whole header, and maps it.
    ///
    /// - Throws: `GGUFError` for everything that breaks the format.
    public init(contentsOf path: String) throws(GGUFError) {
        do { mapping = try MappedFile(try InputFile(path: path, followsLinks: true)) } catch {
            throw .file(path: path, error)
        }
        self.path = path
        header = try GGUFHeader(parsing: mapping.bytes, path: path)
        positions = Dictionary(
            uniqueKeysWithValues: header.tensors.enumerated().map { ($0.element.name, $0.offset) })
    }

    /// The tensor of this name, or nil.
    public func tensor(named name: String) -> GGUFTensorInfo? { positions[name].map { header.tensors[$0] } }

    /// Reads a range of elements as `Float`, as llama.cpp's own reference dequantises them.
    ///
    /// - Parameters:
    ///   - tensor: a tensor of this file.
    ///   - elements: counted through the whole tensor; whole blocks.
    ///   - floats: room for at least as many numbers.
    /// - Precondition: the range begins and ends between blocks and lies within the tensor, and there is room for it.
    public func copyFloats(
        _ tensor: GGUFTensorInfo, elements: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>
    ) {
        let block = tensor.type.blockElements
        precondition(elements.lowerBound % block == 0 && elements.upperBound % block == 0, "no whole blocks")
        precondition(elements.lowerBound >= 0 && elements.upperBound <= tensor.elementCount, "no such elements")
        precondition(floats.count >= elements.count, "no room for \(elements.count) numbers")
        guard let target = floats.baseAddress, let start = mapping.bytes.baseAddress, !elements.isEmpty else { return }
        let source = start + tensor.byteRange.lowerBound + elements.lowerBound / block * tensor.type.blockBytes
        tensor.type.dequantize(source, blocks: elements.count / block, to: target)
    }

    /// Checks that size and time of the file are what they were when it was opened; for the end of a long read.
    ///
    /// - Throws: `GGUFError.file`, with `.changed` if they are not.
    public func checkUnchanged() throws(GGUFError) {
        do { try mapping.checkUnchanged() } catch { throw .file(path: path, error) }
    }

    /// Lets the system drop the memory of some elements that have been read.
    public func releasePages(of tensor: GGUFTensorInfo, elements: Range<Int>) {
        let block = tensor.type.blockElements
        let start = tensor.byteRange.lowerBound
        mapping.releasePages(
            start + elements.lowerBound / block * tensor.type.blockBytes..<start
                + elements.upperBound / block * tensor.type.blockBytes)
    }
}
