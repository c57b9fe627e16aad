internal import Safetensors

extension GGUFType {
    /// Writes the elements of blocks as floats: the same operations in the same order as llama.cpp's reference, so that
    /// bits agree.
    func dequantize(_ source: UnsafeRawPointer, blocks: Int, to target: UnsafeMutablePointer<Float>) {
        for block in 0..<blocks {
            let source = source + block * blockBytes
            let target = target + block * blockElements
            switch self {
            case .float32: target.pointee = Float(bitPattern: source.loadUnaligned(as: UInt32.self))
            case .float16: target.pointee = half(source)
            case .bfloat16: target.pointee = Float(bfloat16Bits: source.loadUnaligned(as: UInt16.self))
            case .q80: eightBits(source, target)
            case .q40:
                let scale = half(source)
                fourBits(source + 2, target) { scale * Float($0 - 8) }
            case .q41:
                let (scale, least) = (half(source), half(source + 2))
                fourBits(source + 4, target) { scale * Float($0) + least }
            case .q4K: withMinima(source, fifthBits: nil, source + 16, target)
            case .q5K: withMinima(source, fifthBits: source + 16, source + 48, target)
            case .q6K: sixBits(source, target)
            }
        }
    }
}

private func half(_ source: UnsafeRawPointer) -> Float { Float(halfBits: source.loadUnaligned(as: UInt16.self)) }

private func byte(_ source: UnsafeRawPointer, _ index: Int) -> Int {
    Int(source.load(fromByteOffset: index, as: UInt8.self))
}

private func signedByte(_ source: UnsafeRawPointer, _ index: Int) -> Int {
    Int(source.load(fromByteOffset: index, as: Int8.self))
}

private func eightBits(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    let scale = half(source)
    for index in 0..<32 { target[index] = scale * Float(signedByte(source, 2 + index)) }
}

/// Sixteen bytes: their low halves are the first sixteen elements, the high ones the others.
@inline(__always)
private func fourBits(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ value: (Int) -> Float) {
    for index in 0..<16 {
        target[index] = value(byte(source, index) & 0xF)
        target[index + 16] = value(byte(source, index) >> 4)
    }
}

/// Q4_K and Q5_K: eight groups of 32, each with a scale and a minimum of six bits times one of sixteen for all.
///
/// - Parameters:
///   - source: the two halves, then the scales and minima in twelve bytes.
///   - fifthBits: a byte for each element of a group, in which bit g is the fifth of group g.
///   - lower: the lower four bits of two groups in each 32 bytes.
private func withMinima(
    _ source: UnsafeRawPointer, fifthBits: UnsafeRawPointer?, _ lower: UnsafeRawPointer,
    _ target: UnsafeMutablePointer<Float>
) {
    for group in 0..<8 {
        let packed = packedScale(source + 4, group)
        let scale = half(source) * Float(packed.scale)
        let least = half(source + 2) * Float(packed.minimum)
        for index in 0..<32 {
            let both = byte(lower, group / 2 * 32 + index)
            var integer = group % 2 == 0 ? both & 0xF : both >> 4
            if let fifthBits { integer |= (byte(fifthBits, index) >> group & 1) << 4 }
            target[group * 32 + index] = scale * Float(integer) - least
        }
    }
}

/// Six bits of a scale and six of a minimum: those of the first four groups lie in the first eight bytes, whose upper bits
/// go with the last four bytes.
private func packedScale(_ source: UnsafeRawPointer, _ group: Int) -> (scale: Int, minimum: Int) {
    guard group >= 4 else { return (byte(source, group) & 63, byte(source, group + 4) & 63) }
    let low = byte(source, group + 4)
    return (low & 0xF | (byte(source, group - 4) >> 6) << 4, low >> 4 | (byte(source, group) >> 6) << 4)
}

/// Q6_K: two halves of 128 elements; in each, 64 bytes hold the lower four bits and 32 the upper two.
private func sixBits(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    let scale = half(source + 208)
    for index in 0..<256 {
        let (part, place) = (index / 128, index % 128)
        let low = byte(source, part * 64 + place % 64) >> (place / 64 * 4) & 0xF
        let high = byte(source, 128 + part * 32 + place % 32) >> (place / 32 * 2) & 3
        let group = scale * Float(signedByte(source, 192 + index / 16))
        target[index] = group * Float((low | high << 4) - 32)
    }
}
