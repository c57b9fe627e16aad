/// XXH64 (Collet, 2012; its specification, version 0.2.0): tells bytes from damaged or other ones, as fast as memory is read.
/// Whoever wants to can make bytes with a given checksum.
package enum Checksum {
    private static let first: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let second: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let third: UInt64 = 0x1656_67B1_9E37_79F9
    private static let fourth: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let fifth: UInt64 = 0x27D4_EB2F_1656_67C5

    /// The checksum of some bytes.
    ///
    /// - Parameter seed: any number; the checksum of what comes before chains several pieces.
    package static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var hash = bytes.count < 32 ? seed &+ fifth : stripes(of: bytes, seed: seed)
        hash &+= UInt64(bytes.count)
        var offset = bytes.count / 32 * 32
        while bytes.count - offset >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            hash = rotated(hash ^ round(0, word), by: 27) &* first &+ fourth
            offset += 8
        }
        if bytes.count - offset >= 4 {
            let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            hash = rotated(hash ^ (UInt64(word) &* first), by: 23) &* second &+ third
            offset += 4
        }
        for byte in bytes[offset...] { hash = rotated(hash ^ (UInt64(byte) &* fifth), by: 11) &* first }
        hash = (hash ^ (hash >> 33)) &* second
        hash = (hash ^ (hash >> 29)) &* third
        return hash ^ (hash >> 32)
    }

    /// What the whole stripes of 32 bytes make, in four lanes.
    private static func stripes(of bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var lanes = SIMD4(seed &+ first &+ second, seed &+ second, seed, seed &- first)
        for offset in stride(from: 0, to: bytes.count / 32 * 32, by: 32) {
            for lane in 0..<4 {
                let word = bytes.loadUnaligned(fromByteOffset: offset + 8 * lane, as: UInt64.self)
                lanes[lane] = round(lanes[lane], UInt64(littleEndian: word))
            }
        }
        var hash = rotated(lanes[0], by: 1) &+ rotated(lanes[1], by: 7)
        hash &+= rotated(lanes[2], by: 12) &+ rotated(lanes[3], by: 18)
        for lane in 0..<4 { hash = (hash ^ round(0, lanes[lane])) &* first &+ fourth }
        return hash
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* second, by: 31) &* first
    }

    @inline(__always)
    private static func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 &- bits) }
}
