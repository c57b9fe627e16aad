/// Builds the bytes of a GGUF file piece by piece, right or wrong.
struct GGUFBytes {
    private(set) var bytes: [UInt8] = []

    init(version: UInt32 = 3, tensors: UInt64, entries: UInt64) {
        bytes = Array("GGUF".utf8)
        append(version)
        append(tensors)
        append(entries)
    }

    /// A file with one tensor `t` of eight floats and these entries, ready to be spoiled.
    static func oneTensor(
        entries: UInt64 = 0, metadata: (inout GGUFBytes) -> Void = { _ in }, dimensions: [UInt64] = [8],
        rank: UInt32? = nil, type: UInt32 = 0, offset: UInt64 = 0, data: Int = 32
    ) -> [UInt8] {
        var file = GGUFBytes(tensors: 1, entries: entries)
        metadata(&file)
        file.tensor("t", dimensions: dimensions, rank: rank, type: type, offset: offset)
        return file.finished(data: data)
    }

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    mutating func text(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes += Array(text.utf8)
    }

    mutating func append(_ raw: [UInt8]) { bytes += raw }

    mutating func tensor(
        _ name: String, dimensions: [UInt64], rank: UInt32? = nil, type: UInt32 = 0, offset: UInt64 = 0
    ) {
        text(name)
        append(rank ?? UInt32(dimensions.count))
        for size in dimensions { append(size) }
        append(type)
        append(offset)
    }

    /// The bytes with padding to 32 and so many zeros as data.
    func finished(data: Int) -> [UInt8] {
        bytes + Array(repeating: 0, count: (32 - bytes.count % 32) % 32 + data)
    }
}
