internal import Safetensors

extension GGUFType {
    /// Types that can be written.
    public static let written: [GGUFType] = [.float32, .float16, .bfloat16, .q80, .q40]

    /// Rounds floats to blocks of one of the written types: the same operations as llama.cpp's reference, so that bytes
    /// agree.
    ///
    /// - Parameters:
    ///   - source: `blocks` × `blockElements` floats.
    ///   - target: room for `blocks` × `blockBytes` bytes.
    public func quantize(_ source: UnsafePointer<Float>, blocks: Int, to target: UnsafeMutableRawPointer) {
        for block in 0..<blocks {
            let source = source + block * blockElements
            let target = target + block * blockBytes
            switch self {
            case .float32: target.storeBytes(of: source.pointee.bitPattern, as: UInt32.self)
            case .float16: target.storeBytes(of: source.pointee.halfBits, as: UInt16.self)
            case .bfloat16: target.storeBytes(of: source.pointee.bfloat16Bits, as: UInt16.self)
            case .q80: toEightBits(source, target)
            case .q40: toFourBits(source, target)
            case .q41, .q4K, .q5K, .q6K: preconditionFailure("\(name) is only read")
            }
        }
    }
}

private func toEightBits(_ source: UnsafePointer<Float>, _ target: UnsafeMutableRawPointer) {
    var largest: Float = 0
    for index in 0..<32 { largest = max(largest, abs(source[index])) }
    let scale = largest / 127
    let steps = scale == 0 ? 0 : 1 / scale
    target.storeBytes(of: scale.halfBits, as: UInt16.self)
    for index in 0..<32 {
        let integer = (source[index] * steps).rounded(.toNearestOrAwayFromZero)
        target.storeBytes(of: integer.isFinite ? Int8(integer) : 0, toByteOffset: 2 + index, as: Int8.self)
    }
}

/// The weight of the largest magnitude, the first of them, becomes −8.
private func toFourBits(_ source: UnsafePointer<Float>, _ target: UnsafeMutableRawPointer) {
    var extreme: Float = 0
    for index in 0..<32 where abs(source[index]) > abs(extreme) { extreme = source[index] }
    let scale = extreme / -8
    let steps = scale == 0 ? 0 : 1 / scale
    func integer(_ index: Int) -> UInt8 {
        let shifted = Double(source[index]) * Double(steps) + 8.5
        return shifted.isFinite ? UInt8(min(15, max(0, shifted))) : 8
    }
    target.storeBytes(of: scale.halfBits, as: UInt16.self)
    for index in 0..<16 {
        target.storeBytes(of: integer(index) | integer(index + 16) << 4, toByteOffset: 2 + index, as: UInt8.self)
    }
}
