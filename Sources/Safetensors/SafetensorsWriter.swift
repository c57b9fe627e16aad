internal import Files
internal import JSON

/// Writes a safetensors file piece by piece, so that no more than a piece is ever in memory.
///
/// All tensors are declared first; then their bytes are appended, in any order of tensors, and `finish()` gives the
/// file its name. A writer that is let go of before that leaves nothing behind.
public final class SafetensorsWriter {
    /// The final path.
    public let path: String
    private let header: SafetensorsHeader
    private let dataStart: Int
    private let positions: [ExactName: Int]
    /// Per tensor, how many bytes were appended.
    private var appended: [Int]
    private var file: TemporaryFile?

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - path: where the file is to be; one that is there already is replaced by `finish()`.
    ///   - tensors: every tensor of the file. Wide elements come first in the file, so that all stay aligned.
    ///   - metadata: free text to carry.
    /// - Throws: `SafetensorsError` for a shape or name that readers would refuse, or if the folder is not writable.
    public init(path: String, tensors: [TensorDeclaration], metadata: [String: String] = [:])
        throws(SafetensorsError)
    {
        let header = try SafetensorsHeader(layingOut: tensors, metadata: metadata, path: path)
        let start = header.serialized()
        let length = start.count - SafetensorsHeader.prefixBytes
        guard length <= SafetensorsHeader.largestBytes else {
            throw .header(path: path, .length(found: UInt64(length), limit: SafetensorsHeader.largestBytes))
        }
        var positions: [ExactName: Int] = [:]
        for (position, tensor) in header.tensors.enumerated() { positions[ExactName(tensor.name)] = position }
        let file = try SafetensorsError.wrapping { () throws(WriteError) in try TemporaryFile(path: path) }
        self.path = path
        self.header = header
        self.positions = positions
        self.file = file
        dataStart = start.count
        appended = Array(repeating: 0, count: header.tensors.count)
        try SafetensorsError.wrapping { () throws(WriteError) in try file.write(start, at: 0) }
    }

    /// Appends bytes to a tensor: elements as they lie in memory, little-endian.
    ///
    /// - Throws: `SafetensorsError.writing` for a tensor that was not declared or has not so many bytes, after the end,
    ///   or if the system refuses.
    public func append(_ bytes: UnsafeRawBufferPointer, to name: String) throws(SafetensorsError) {
        guard let file else { throw .writing(path: path, .finished) }
        guard let position = positions[ExactName(name)] else {
            throw .writing(path: path, .undeclared(tensor: name))
        }
        let range = header.tensors[position].byteRange
        let total = appended[position] + bytes.count
        guard total <= range.count else {
            throw .writing(path: path, .tooManyBytes(tensor: name, found: total, expected: range.count))
        }
        let place = dataStart + range.lowerBound + appended[position]
        try SafetensorsError.wrapping { () throws(WriteError) in try file.write(bytes, at: place) }
        appended[position] = total
    }

    /// Checks that every tensor is complete, and gives the file its final name.
    ///
    /// - Throws: `.missingBytes`, after which the rest may still be appended, or what the system refused.
    public func finish() throws(SafetensorsError) {
        guard let file else { throw .writing(path: path, .finished) }
        try checkComplete()
        try SafetensorsError.wrapping { () throws(WriteError) in try file.commit() }
        self.file = nil
    }

    /// Gives up and removes what was written.
    public func cancel() { file = nil }

    /// Checks that all bytes of all tensors were appended.
    func checkComplete() throws(SafetensorsError) {
        for (tensor, count) in zip(header.tensors, appended) where count != tensor.byteRange.count {
            throw .writing(
                path: path, .missingBytes(tensor: tensor.name, found: count, expected: tensor.byteRange.count))
        }
    }
}
