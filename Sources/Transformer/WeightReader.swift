internal import Compute
internal import Safetensors

/// Reads named tensors of a checkpoint into matrices and vectors, with every mismatch named.
struct WeightReader {
    /// One of the tensors that lie below each other in a matrix.
    struct Part {
        let name: String
        let outputs: Int
    }

    let folder: SafetensorsFolder
    let team: ThreadTeam
    /// How to keep matrices; nil keeps bfloat16 as it is and everything else in 32 bits.
    let precision: WeightPrecision?
    /// Called with the bytes of each tensor that has been read.
    let progress: (Int) -> Void

    /// Packs one tensor of shape outputs × inputs.
    func matrix(_ name: String, outputs: Int, inputs: Int) throws(LoadError) -> Matrix {
        try matrix([Part(name: name, outputs: outputs)], inputs: inputs)
    }

    /// Packs several tensors of the same inputs as if they were one, so that one product computes all.
    func matrix(_ parts: [Part], inputs: Int) throws(LoadError) -> Matrix {
        var tensors: [TensorView] = []
        for part in parts { tensors.append(try tensor(part.name, shape: [part.outputs, inputs])) }
        let starts = parts.indices.map { index in parts[..<index].reduce(0) { $0 + $1.outputs } }
        let isHalf = tensors.allSatisfy { $0.elementType == .bfloat16 }
        let matrix = Matrix(
            outputs: parts.reduce(0) { $0 + $1.outputs }, inputs: inputs,
            precision: precision ?? (isHalf ? .bfloat16 : .float32), team: team
        ) { row, target in
            let part = starts.lastIndex { $0 <= row } ?? 0
            let first = (row - starts[part]) * inputs
            copy(tensors[part], first..<first + inputs, to: target)
        }
        for tensor in tensors { finish(tensor) }
        return matrix
    }

    /// Packs some rows of a tensor of shape outputs × inputs, in the order given.
    func matrix(_ name: String, rows: [Int], of outputs: Int, inputs: Int) throws(LoadError) -> Matrix {
        let tensor = try tensor(name, shape: [outputs, inputs])
        let matrix = Matrix(
            outputs: rows.count, inputs: inputs,
            precision: precision ?? (tensor.elementType == .bfloat16 ? .bfloat16 : .float32), team: team
        ) { row, target in copy(tensor, rows[row] * inputs..<(rows[row] + 1) * inputs, to: target) }
        tensor.releasePages()
        return matrix
    }

    /// Reads a vector.
    func vector(_ name: String, count: Int) throws(LoadError) -> FloatBuffer {
        let tensor = try tensor(name, shape: [count])
        let buffer = FloatBuffer(count: count)
        copy(tensor, 0..<count, to: buffer.floats)
        finish(tensor)
        return buffer
    }

    /// Reads several vectors into one.
    func vector(_ parts: [Part]) throws(LoadError) -> FloatBuffer {
        let buffer = FloatBuffer(count: parts.reduce(0) { $0 + $1.outputs })
        var start = 0
        for part in parts {
            let piece = try vector(part.name, count: part.outputs)
            (buffer.floats + start).update(from: piece.floats, count: part.outputs)
            start += part.outputs
        }
        return buffer
    }

    private func tensor(_ name: String, shape: [Int]) throws(LoadError) -> TensorView {
        guard let tensor = folder.tensor(named: name) else { throw .missingTensor(name: name) }
        guard tensor.shape == shape else {
            throw .wrongShape(tensor: name, found: tensor.shape, expected: shape)
        }
        guard [.float32, .float16, .bfloat16].contains(tensor.elementType) else {
            throw .unsupportedElementType(tensor: name, found: tensor.elementType.rawValue)
        }
        return tensor
    }

    private func copy(_ tensor: TensorView, _ elements: Range<Int>, to target: UnsafeMutablePointer<Float>) {
        do {
            try tensor.copyFloats(elements, into: UnsafeMutableBufferPointer(start: target, count: elements.count))
        } catch {
            preconditionFailure("the element type was checked before: \(error)")
        }
    }

    /// Gives the mapped pages back, so that a checkpoint never lies in memory twice.
    private func finish(_ tensor: TensorView) {
        tensor.releasePages()
        progress(tensor.bytes.count)
    }
}
