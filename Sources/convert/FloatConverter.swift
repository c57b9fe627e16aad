import Safetensors

/// Turns floating-point elements into another type: rounded once, to the nearest, ties to even.
struct FloatConverter: ~Copyable {
    /// The most elements of one call.
    static let chunkElements = 1 << 20

    /// What is written.
    let target: ElementType
    /// How many finite numbers were too large for the target and became infinite.
    private(set) var overflows = 0
    private let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: chunkElements)
    private let output = UnsafeMutableRawBufferPointer.allocate(
        byteCount: chunkElements * MemoryLayout<Float>.size, alignment: 64)

    /// - Parameter target: F32, F16 or BF16.
    init(target: ElementType) { self.target = target }

    deinit {
        floats.deallocate()
        output.deallocate()
    }

    /// Converts a range of elements; the result is valid until the next call.
    mutating func convert(_ tensor: SourceTensor, elements: Range<Int>) throws(SafetensorsError)
        -> UnsafeRawBufferPointer
    {
        precondition(elements.count <= FloatConverter.chunkElements, "more than a chunk")
        if let view = tensor.view, view.elementType == .float64 {
            copyDoubles(view, elements: elements)
        } else {
            try tensor.copyFloats(elements, into: floats)
        }
        let count = elements.count
        switch target {
        case .float16: narrow(count: count, infinity: 0x7C00) { $0.halfBits }
        case .bfloat16: narrow(count: count, infinity: 0x7F80) { $0.bfloat16Bits }
        default: return UnsafeRawBufferPointer(start: floats.baseAddress, count: count * 4)
        }
        return UnsafeRawBufferPointer(start: output.baseAddress, count: count * 2)
    }

    /// Copies doubles so that the next rounding, if there is one, is the only one that counts.
    private mutating func copyDoubles(_ tensor: TensorView, elements: Range<Int>) {
        withExtendedLifetime(tensor.file) {
            let bytes = tensor.bytes
            for (place, element) in elements.enumerated() {
                let value = bytes.loadUnaligned(fromByteOffset: element * 8, as: Double.self)
                let rounded = target == .float32 ? Float(value) : Float(roundingToOdd: value)
                if rounded.isInfinite, value.isFinite { overflows += 1 }
                floats[place] = rounded
            }
        }
    }

    @inline(__always)
    private mutating func narrow(count: Int, infinity: UInt16, bits: (Float) -> UInt16) {
        let narrow = output.bindMemory(to: UInt16.self)
        var found = 0
        for place in 0..<count {
            let value = floats[place]
            let narrowed = bits(value)
            narrow[place] = narrowed
            found += narrowed & 0x7FFF == infinity && value.isFinite ? 1 : 0
        }
        overflows += found
    }
}
