internal import Compute

extension PageLayout {
    /// Puts a token's key and value into its slot of a head, rounded to the layout's precision.
    ///
    /// - Parameter head: where the head's keys begin.
    func store(
        key: UnsafePointer<Float>, value: UnsafePointer<Float>, slot: Int, head: UnsafeMutableRawPointer
    ) {
        switch precision {
        case .float32:
            let keys = (head + keyOffset(of: 0, slot: slot)).assumingMemoryBound(to: Float.self)
            for index in 0..<headSize { keys[index * PageLayout.tokens] = key[index] }
            (head + valueOffset(of: 0, slot: slot)).copyMemory(from: value, byteCount: headSize * 4)
        case .bfloat16:
            for index in 0..<headSize {
                head.storeBytes(
                    of: BFloat16.bits(key[index]), toByteOffset: keyOffset(of: index, slot: slot), as: UInt16.self)
                head.storeBytes(
                    of: BFloat16.bits(value[index]), toByteOffset: valueOffset(of: index, slot: slot), as: UInt16.self)
            }
        case .int8:
            let (keys, values) = (ByteScale(of: key, count: headSize), ByteScale(of: value, count: headSize))
            for index in 0..<headSize {
                head.storeBytes(
                    of: keys.byte(key[index]), toByteOffset: keyOffset(of: index, slot: slot), as: UInt8.self)
                head.storeBytes(
                    of: values.byte(value[index]), toByteOffset: valueOffset(of: index, slot: slot), as: UInt8.self)
            }
            for (offset, scale) in [(keyScaleOffset, keys.scale), (valueScaleOffset, values.scale)] {
                guard let offset else { continue }
                head.storeBytes(of: scale, toByteOffset: offset + slot * 4, as: Float.self)
            }
        }
    }
}

extension PageLayout {
    /// Copies some slots of a page, of all layers and heads, to those of another; the others are not touched.
    package func copy(_ slots: Range<Int>, of source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
        guard slots != 0..<PageLayout.tokens else {
            return target.copyMemory(from: source, byteCount: bytesPerPage)
        }
        let bytes = 4 / precision.elementsPerWord
        func copy(_ offset: Int, _ count: Int) {
            (target + offset).copyMemory(from: source + offset, byteCount: count)
        }
        for head in 0..<layers * keyValueHeads {
            let start = head * bytesPerHead
            for slot in slots {
                for index in 0..<headSize {
                    copy(start + keyOffset(of: index, slot: slot), bytes)
                    copy(start + valueOffset(of: index, slot: slot), bytes)
                }
                for scales in [keyScaleOffset, valueScaleOffset].compactMap({ $0 }) {
                    copy(start + scales + slot * 4, 4)
                }
            }
        }
    }
}

/// What floats are worth as bytes: the largest magnitude is 127 steps.
private struct ByteScale {
    /// The size of a step; not a number if one of the floats is none or infinite.
    let scale: Float
    private let steps: Float

    init(of floats: UnsafePointer<Float>, count: Int) {
        var (largest, doubt): (Float, Float) = (0, 0)
        for index in 0..<count {
            largest = max(largest, abs(floats[index]))
            doubt += floats[index] * 0
        }
        // Of smaller numbers the reciprocal is no number any more.
        let isTiny = largest < 1e-36
        steps = isTiny || doubt != 0 ? 0 : 127 / largest
        scale = (isTiny ? 0 : largest / 127) + doubt
    }

    func byte(_ float: Float) -> UInt8 {
        steps == 0 ? 128 : UInt8(128 + (float * steps).rounded(.toNearestOrEven))
    }
}
