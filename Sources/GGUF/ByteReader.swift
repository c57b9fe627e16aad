/// Reads little-endian values one after another, never beyond the end.
struct ByteReader {
    /// The file ends where a value should be.
    struct End: Error {}

    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Bytes that are left.
    var remaining: Int { bytes.count - offset }

    mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type = Integer.self
    ) throws(End) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard remaining >= size else { throw End() }
        defer { offset += size }
        return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// A number of things of which each takes at least `size` bytes; nil if so many cannot be left.
    mutating func count(size: Int) throws(End) -> Int? {
        let count = try integer(UInt64.self)
        return count <= UInt64(remaining / size) ? Int(count) : nil
    }

    /// Bytes as they are.
    mutating func take(_ count: Int) throws(End) -> UnsafeRawBufferPointer {
        guard count <= remaining else { throw End() }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
}
