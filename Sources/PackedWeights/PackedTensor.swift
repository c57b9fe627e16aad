public import Safetensors

/// A weight matrix of integers of 4 bits with scales and zeros in groups of inputs: (integer − zero) · scale.
public struct PackedTensor: Sendable {
    /// The ending of the name of the integers, which all such matrices have.
    public static let ending = ".qweight"
    /// Where AWQ keeps eight neighbouring outputs in an integer, in units of 4 bits.
    private static let awqPlaces = [0, 4, 1, 5, 2, 6, 3, 7]

    /// Outputs × inputs.
    public let shape: [Int]
    /// Bytes of everything that is read.
    public let byteCount: Int
    private let method: PackedFormat.Method
    private let integers: TensorView
    private let zeros: TensorView
    private let scales: TensorView
    /// The group of each input.
    private let groups: [Int32]
    private let zeroOffset: Int32

    /// Finds and checks the tensors that belong to one of integers.
    ///
    /// - Parameters:
    ///   - integers: the tensor whose name ends with `.qweight`.
    ///   - format: how the folder's weights are packed.
    ///   - find: the tensor of a name.
    /// - Throws: `PackedError` if one of them is missing, has another type or shape than it should, or names a group
    ///   that is not there.
    public init(_ integers: TensorView, _ format: PackedFormat, find: (String) -> TensorView?) throws(PackedError) {
        let base = String(integers.name.dropLast(PackedTensor.ending.count))
        func problem(_ name: String, _ problem: String) -> PackedError {
            PackedError(
                path: integers.file.path, reason: "the tensor \"\(name)\" \(problem). Download the model again.")
        }
        func part(_ ending: String, _ types: [ElementType], _ shape: [Int]) throws(PackedError) -> TensorView {
            let name = base + ending
            guard let tensor = find(name) else { throw problem(name, "is missing") }
            guard types.contains(tensor.elementType), tensor.shape == shape else {
                throw problem(
                    name, "is \(tensor.elementType.rawValue) \(tensor.shape), expected \(types[0].rawValue) \(shape)")
            }
            return tensor
        }
        guard integers.elementType == .int32, integers.shape.count == 2,
            integers.shape.allSatisfy({ (1...1 << 17).contains($0) })
        else { throw problem(integers.name, "is no matrix of 32-bit integers") }
        let isGPTQ = format.method == .gptq
        let inputs = isGPTQ ? integers.shape[0] * 8 : integers.shape[0]
        let outputs = isGPTQ ? integers.shape[1] : integers.shape[1] * 8
        let size = format.groupSize ?? inputs
        let count = (inputs + size - 1) / size
        guard outputs % 8 == 0 else { throw problem(integers.name, "has \(outputs) outputs, no multiple of 8") }
        zeros = try part(".qzeros", [.int32], [count, outputs / 8])
        scales = try part(".scales", [.float16, .bfloat16, .float32], [count, outputs])
        if find(base + ".g_idx") != nil {
            let indices = try part(".g_idx", [.int32], [inputs])
            groups = (0..<inputs).map { indices.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
            withExtendedLifetime(indices.file) {}
            guard groups.allSatisfy({ 0..<Int32(count) ~= $0 }) else {
                throw problem(base + ".g_idx", "names a group that is not one of \(count)")
            }
        } else {
            groups = (0..<inputs).map { Int32($0 / size) }
        }
        self.integers = integers
        method = format.method
        shape = [outputs, inputs]
        byteCount = integers.bytes.count + zeros.bytes.count + scales.bytes.count + 4 * inputs
        // Some tools write the true zeros of symmetric weights, 8, under the name of the older form.
        let holdsTrueZeros = format.isSymmetric && zeros.bytes.allSatisfy { $0 == 0x88 }
        zeroOffset = holdsTrueZeros ? 0 : Int32(format.zeroOffset)
    }

    /// Reads whole rows as floats, row by row.
    ///
    /// - Parameters:
    ///   - elements: counted through outputs × inputs, row-major; whole rows.
    ///   - floats: room for at least as many numbers.
    /// - Throws: what reading the scales does: nothing for the types that `init` lets pass.
    public func copyFloats(_ elements: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>)
        throws(SafetensorsError)
    {
        let (outputs, inputs) = (shape[0], shape[1])
        let rows = elements.lowerBound / inputs..<elements.upperBound / inputs
        let groupCount = scales.shape[0]
        var own = [Float](repeating: 0, count: groupCount * rows.count)
        for group in 0..<groupCount {
            let first = group * outputs
            try own.withUnsafeMutableBufferPointer { own throws(SafetensorsError) in
                try scales.copyFloats(
                    first + rows.lowerBound..<first + rows.upperBound,
                    into: UnsafeMutableBufferPointer(rebasing: own[group * rows.count..<(group + 1) * rows.count]))
            }
        }
        let (words, zeroWords) = (integers.bytes, self.zeros.bytes)
        let zeros = (0..<groupCount).flatMap { group in
            rows.map { nibble(zeroWords, zeroPlace(group: group, output: $0)) + zeroOffset }
        }
        for input in 0..<inputs {
            let group = Int(groups[input]) * rows.count
            for row in 0..<rows.count {
                let value = nibble(words, place(output: rows.lowerBound + row, input: input)) - zeros[group + row]
                floats[row * inputs + input] = Float(value) * own[group + row]
            }
        }
        withExtendedLifetime(self) {}
    }

    /// Lets the system drop the memory of a tensor that has been read.
    public func releasePages() {
        for tensor in [integers, zeros, scales] { tensor.releasePages() }
    }

    /// The word and the place in it of an integer.
    private func place(output: Int, input: Int) -> (word: Int, place: Int) {
        switch method {
        case .gptq: (input / 8 * shape[0] + output, input % 8)
        case .awq: (input * (shape[0] / 8) + output / 8, PackedTensor.awqPlaces[output % 8])
        }
    }

    /// The word and the place in it of a zero.
    private func zeroPlace(group: Int, output: Int) -> (word: Int, place: Int) {
        (group * (shape[0] / 8) + output / 8, method == .gptq ? output % 8 : PackedTensor.awqPlaces[output % 8])
    }

    private func nibble(_ words: UnsafeRawBufferPointer, _ at: (word: Int, place: Int)) -> Int32 {
        Int32(words.loadUnaligned(fromByteOffset: 4 * at.word, as: UInt32.self) >> UInt32(4 * at.place) & 15)
    }
}
