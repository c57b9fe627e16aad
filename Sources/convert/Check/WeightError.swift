import Safetensors

/// How far the written weights of a tensor are from those that were read.
struct WeightError {
    /// The tensor's name in a folder.
    let name: String
    /// What kind of numbers were written.
    let type: String
    /// √(Σ (written − read)² / Σ read²).
    let relative: Double
    /// The largest |written − read|.
    let largest: Double

    /// Compares all floating-point tensors of a model with what was written of them; those without any error are left
    /// out.
    static func all(of source: ModelSource, in written: WrittenTensors) throws -> [WeightError] {
        try source.tensors().filter(\.elementType.isFloatingPoint).compactMap { tensor in
            try written.written(of: tensor).flatMap { try WeightError(tensor, $0) }
        }
    }

    private init?(_ tensor: SourceTensor, _ written: WrittenTensor) throws {
        var (errors, squares, largest) = (0.0, 0.0, 0.0)
        let width = max(1, tensor.shape.last ?? 1)
        let step = width * max(1, FloatConverter.chunkElements / width)
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2 * step)
        defer { memory.deallocate() }
        let read = UnsafeMutableBufferPointer(rebasing: memory[..<step])
        let found = UnsafeMutableBufferPointer(rebasing: memory[step...])
        for start in stride(from: 0, to: tensor.elementCount, by: step) {
            try Interruption.check()
            let elements = start..<min(start + step, tensor.elementCount)
            try tensor.copyFloats(elements, into: read)
            try written.copyFloats(elements, into: found)
            for index in 0..<elements.count {
                let difference = Double(found[index]) - Double(read[index])
                errors += difference * difference
                squares += Double(read[index]) * Double(read[index])
                largest = max(largest, abs(difference))
            }
            tensor.releasePages(elements: elements)
        }
        guard errors != 0 else { return nil }
        (name, type, self.largest) = (tensor.name, written.typeName, largest)
        relative = (errors / squares).squareRoot()
    }
}
