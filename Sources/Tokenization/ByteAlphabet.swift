/// The printable scalars by which byte-level vocabularies spell bytes: one scalar per byte.
///
/// Bytes that print in Latin-1 stand for themselves, the others for U+0100 and up, in order (Radford et al., "Language
/// models are unsupervised multitask learners", 2019).
enum ByteAlphabet {
    /// The scalar of every byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0...UInt8.max).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
            default:
                defer { next += 1 }
                return Unicode.Scalar(next) ?? Unicode.Scalar(byte)
            }
        }
    }()

    /// The byte of every scalar below U+0144; -1 for those that spell none.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
        return bytes
    }()

    /// Appends the bytes that a spelling stands for and returns true; returns false, and appends nothing, if it holds
    /// a scalar that spells no byte.
    static func append(bytesOf spelling: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) -> Bool {
        let start = output.count
        let isSpelled = bytes.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < spelling.count {
                let (scalar, length) = spelling.scalar(at: position)
                guard scalar < bytes.count, bytes[Int(scalar)] >= 0 else { return false }
                output.append(UInt8(truncatingIfNeeded: bytes[Int(scalar)]))
                position += length
            }
            return true
        }
        if !isSpelled { output.removeSubrange(start...) }
        return isSpelled
    }

    /// The spelling of some bytes.
    static func spelling(of bytes: some Sequence<UInt8>) -> String {
        var spelling = String.UnicodeScalarView()
        for byte in bytes { spelling.append(scalars[Int(byte)]) }
        return String(spelling)
    }
}
