/// The checked header of a safetensors file: names, types, shapes and places.
///
/// A value of this type is a proof: the tensors cover the data section exactly, without gap or overlap, and every
/// range has the size that its shape and type need. Format: https://huggingface.co/docs/safetensors.
public struct SafetensorsHeader: Sendable, Hashable {
    /// Free text that the file carries, by name.
    public let metadata: [String: String]
    /// All tensors in the order of their bytes.
    public let tensors: [TensorInfo]
    /// The size of the data section in bytes.
    public let dataBytes: Int

    init(metadata: [String: String], tensors: [TensorInfo], dataBytes: Int) {
        self.metadata = metadata
        self.tensors = tensors
        self.dataBytes = dataBytes
    }
}

extension SafetensorsHeader {
    /// The size in bytes of the field before the header: its length, little-endian.
    static let prefixBytes = 8
    /// The longest header that is read, as in the reference implementation.
    static let largestBytes = 100_000_000
    /// The most tensors that are read from one file.
    static let largestCount = 1_000_000
    /// The member that is no tensor.
    static let metadataName = "__metadata__"
}

extension TensorInfo {
    /// The most axes that a shape may have.
    static let largestRank = 8
    /// The largest size along one axis: 2⁴⁸.
    static let largestDimension = 1 << 48

    /// The bytes that a shape needs, or nil if they do not fit in an `Int`.
    static func byteCount(of elementType: ElementType, shape: [Int]) -> Int? {
        var bytes = elementType.bytes
        for size in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
            if overflow { return nil }
            bytes = product
        }
        return bytes
    }
}
