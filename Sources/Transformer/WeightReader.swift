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
    /// Whether the file may hold packed weights.
    let isPacked: Bool
    /// Called with the bytes of each tensor that has been read.
    let progress: (Int) -> Void
    /// What has been read.
    let list = WeightList()

    /// After so many elements of a tensor the mapped pages are given back.
    private static let releasedElements = 1 << 21

    /// Packs one tensor of shape outputs × inputs.
    func matrix(_ name: String, outputs: Int, inputs: Int) throws(LoadError) -> Matrix {
        try matrix([Part(name: name, outputs: outputs)], inputs: inputs)
    }

    /// Packs several tensors of the same inputs as if they were one, so that one product computes all.
    func matrix(_ parts: [Part], inputs: Int) throws(LoadError) -> Matrix {
        if let packed = try packedParts(parts, inputs: inputs) { return list.adding(Matrix(packed)) }
        var tensors: [TensorView] = []
        for part in parts { tensors.append(try tensor(part.name, shape: [part.outputs, inputs])) }
        let starts = parts.indices.map { index in parts[..<index].reduce(0) { $0 + $1.outputs } }
        let isHalf = tensors.allSatisfy { $0.elementType == .bfloat16 }
        let matrix = Matrix(
            outputs: parts.reduce(0) { $0 + $1.outputs }, inputs: inputs,
            precision: kept(parts[0].name, isHalf: isHalf), team: team
        ) { row, precision, target in
            let part = starts.lastIndex { $0 <= row } ?? 0
            copy(tensors[part], row: row - starts[part], inputs: inputs, as: precision, to: target)
        }
        for tensor in tensors { finish(tensor) }
        return list.adding(matrix)
    }

    /// How the weights of a tensor are kept.
    private func kept(_ name: String, isHalf: Bool) -> WeightPrecision {
        precision.map { WeightRole(tensor: name).precision(in: $0) } ?? (isHalf ? .bfloat16 : .float32)
    }

    /// Packs some rows of a tensor of shape outputs × inputs, in the order given.
    func matrix(_ name: String, rows: [Int], of outputs: Int, inputs: Int) throws(LoadError) -> Matrix {
        if let packed = try packedParts([Part(name: name, outputs: outputs)], inputs: inputs) {
            let whole = Matrix(packed)
            return Matrix(outputs: rows.count, inputs: inputs, precision: .float32, team: team) { row, _, target in
                whole.copyRow(rows[row], to: target.assumingMemoryBound(to: Float.self))
            }
        }
        let tensor = try tensor(name, shape: [outputs, inputs])
        let matrix = Matrix(
            outputs: rows.count, inputs: inputs,
            precision: kept(name, isHalf: tensor.elementType == .bfloat16), team: team
        ) { row, precision, target in copy(tensor, row: rows[row], inputs: inputs, as: precision, to: target) }
        tensor.releasePages()
        return matrix
    }

    /// Whether there are weights that are not the same as others.
    func has(_ name: String, otherThan other: String) -> Bool {
        let (own, others) = (stored(name), stored(other))
        defer { for tensor in own + others { tensor.releasePages() } }
        guard !own.isEmpty else { return false }
        return own.count != others.count
            || !zip(own, others).allSatisfy {
                $0.elementType == $1.elementType && $0.shape == $1.shape && $0.bytes.elementsEqual($1.bytes)
            }
    }

    /// The tensors that hold weights, as floats or packed; none if the file lacks them.
    private func stored(_ name: String) -> [TensorView] {
        if let tensor = folder.tensor(named: name) { return [tensor] }
        guard let names = packedForm(name)?.tensorNames(of: name) else { return [] }
        return [names.panels, names.scales].compactMap(folder.tensor(named:))
    }

    /// Reads a vector.
    func vector(_ name: String, count: Int) throws(LoadError) -> FloatBuffer {
        let tensor = try tensor(name, shape: [count])
        let buffer = FloatBuffer(count: count)
        copy(tensor, row: 0, inputs: count, as: .float32, to: buffer.floats)
        finish(tensor)
        return list.adding(buffer)
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
        let tensor = try shapedTensor(name, shape: shape)
        guard [.float32, .float16, .bfloat16].contains(tensor.elementType) else {
            throw .unsupportedElementType(tensor: name, found: tensor.elementType.rawValue)
        }
        return tensor
    }

    /// A tensor of any type.
    func shapedTensor(_ name: String, shape: [Int]) throws(LoadError) -> TensorView {
        guard let tensor = folder.tensor(named: name) else { throw .missingTensor(name: name) }
        guard tensor.shape == shape else {
            throw .wrongShape(tensor: name, found: tensor.shape, expected: shape)
        }
        return tensor
    }

    /// Copies one row in a precision; what has it already is copied as it is.
    private func copy(
        _ tensor: TensorView, row: Int, inputs: Int, as precision: FloatPrecision, to target: UnsafeMutableRawPointer
    ) {
        let elements = row * inputs..<(row + 1) * inputs
        switch (tensor.elementType, precision) {
        case (.bfloat16, .bfloat16), (.float32, .float32):
            let bytes = tensor.bytes(of: elements)
            bytes.baseAddress.map { target.copyMemory(from: $0, byteCount: bytes.count) }
        case (_, .float32): widen(tensor, elements, to: target.assumingMemoryBound(to: Float.self))
        case (_, .bfloat16):
            let floats = FloatBuffer(count: inputs)
            widen(tensor, elements, to: floats.floats)
            floats.round(to: target.assumingMemoryBound(to: UInt16.self))
        }
        // A gigabyte of weights must not lie in memory twice; whole tensors may be as large.
        if elements.upperBound / Self.releasedElements > elements.lowerBound / Self.releasedElements {
            let end = elements.upperBound / Self.releasedElements * Self.releasedElements
            tensor.releasePages(elements: end - Self.releasedElements..<end)
        }
    }

    private func widen(_ tensor: TensorView, _ elements: Range<Int>, to target: UnsafeMutablePointer<Float>) {
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
