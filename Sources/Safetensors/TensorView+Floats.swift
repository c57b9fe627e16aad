extension TensorView {
    /// Copies all elements as `Float`: F32 bit for bit, F16 and BF16 exactly, F64 rounded to the nearest.
    ///
    /// - Parameter floats: room for at least `elementCount` numbers.
    /// - Throws: `.notFloatingPoint` for other element types.
    public func copyFloats(into floats: UnsafeMutableBufferPointer<Float>) throws(SafetensorsError) {
        try copyFloats(0..<elementCount, into: floats)
    }

    /// Copies a range of elements as `Float`; ranges may be copied by several threads at once.
    ///
    /// - Parameters:
    ///   - elements: which elements, counted through the whole tensor.
    ///   - floats: room for at least as many numbers.
    /// - Throws: `.notFloatingPoint` for element types other than F64, F32, F16 and BF16.
    public func copyFloats(_ elements: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>)
        throws(SafetensorsError)
    {
        precondition(elements.lowerBound >= 0 && elements.upperBound <= elementCount, "no such elements")
        precondition(floats.count >= elements.count, "no room for \(elements.count) numbers")
        guard elementType.isFloatingPoint else {
            throw .tensor(name: name, path: file.path, .notFloatingPoint(elementType))
        }
        guard let target = floats.baseAddress, let start = bytes.baseAddress, !elements.isEmpty else { return }
        let source = start + elements.lowerBound * elementType.bytes
        let count = elements.count
        // The format is little-endian, as is every platform of this package.
        withExtendedLifetime(file) {
            switch elementType {
            case .float16:
                for index in 0..<count {
                    target[index] = Float(halfBits: source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                }
            case .bfloat16:
                for index in 0..<count {
                    target[index] = Float(
                        bfloat16Bits: source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                }
            case .float64:
                for index in 0..<count {
                    target[index] = Float(source.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
                }
            default: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * 4)
            }
        }
    }
}
