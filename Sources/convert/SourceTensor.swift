import GGUF
import PackedWeights
import Safetensors

/// A tensor that is converted, wherever it comes from.
struct SourceTensor {
    /// Where the elements are.
    enum Content {
        case safetensors(TensorView)
        /// A tensor of a GGUF file; the rows of so many heads are in llama.cpp's order.
        case gguf(GGUFFile, GGUFTensorInfo, turnedHeads: Int?)
        /// Several tensors of safetensors files.
        case packed(PackedTensor)
    }

    /// The name in a Hugging Face folder.
    let name: String
    private let content: Content

    init(name: String, content: Content) {
        self.name = name
        self.content = content
    }

    /// The size along each axis, outermost first.
    var shape: [Int] {
        switch content {
        case .safetensors(let tensor): tensor.shape
        case .gguf(_, let info, _): info.shape
        case .packed(let tensor): tensor.shape
        }
    }

    /// The number of elements.
    var elementCount: Int { shape.reduce(1, *) }

    /// The type of the elements; blocks that share scales count as the floats that they stand for.
    var elementType: ElementType {
        switch content {
        case .safetensors(let tensor): tensor.elementType
        case .gguf(_, let info, _):
            switch info.type {
            case .float16: .float16
            case .bfloat16: .bfloat16
            default: .float32
            }
        case .packed: .float32
        }
    }

    /// What the elements are called where they come from.
    var typeName: String {
        switch content {
        case .safetensors(let tensor): tensor.elementType.rawValue
        case .gguf(_, let info, _): info.type.name
        case .packed: "4 bits"
        }
    }

    /// The bytes that are read.
    var byteCount: Int {
        switch content {
        case .safetensors(let tensor): tensor.bytes.count
        case .gguf(_, let info, _): info.byteRange.count
        case .packed(let tensor): tensor.byteCount
        }
    }

    /// How many elements must be read together: a row where blocks or heads demand it.
    var unit: Int {
        if case .safetensors = content { return 1 }
        return shape.count > 1 ? shape[shape.count - 1] : 1
    }

    /// Reads some elements, whole units, as floats; doubles are rounded by who knows what they become.
    func copyFloats(_ elements: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>) throws(SafetensorsError) {
        switch content {
        case .safetensors(let tensor): try tensor.copyFloats(elements, into: floats)
        case .packed(let tensor): try tensor.copyFloats(elements, into: floats)
        case .gguf(let file, let info, nil): file.copyFloats(info, elements: elements, into: floats)
        case .gguf(let file, let info, let heads?):
            let width = shape.count > 1 ? shape[shape.count - 1] : 1
            let headSize = shape[0] / heads
            for (place, row) in (elements.lowerBound / width..<elements.upperBound / width).enumerated() {
                let source = SourceTensor.turned(row, headSize: headSize)
                file.copyFloats(
                    info, elements: source * width..<(source + 1) * width,
                    into: UnsafeMutableBufferPointer(rebasing: floats[place * width..<(place + 1) * width]))
            }
        }
    }

    /// Where llama.cpp has put a row: it keeps the two of a rotary pair beside each other, not half a head apart.
    static func turned(_ row: Int, headSize: Int) -> Int {
        let (head, place) = (row / headSize, row % headSize)
        return head * headSize + place % (headSize / 2) * 2 + place / (headSize / 2)
    }

    /// Reads some rows in the order that llama.cpp has them, whole rows, as floats.
    ///
    /// - Parameter heads: how many heads' rows it turns.
    func copyTurned(_ elements: Range<Int>, heads: Int, into floats: UnsafeMutableBufferPointer<Float>)
        throws(SafetensorsError)
    {
        let width = shape.count > 1 ? shape[shape.count - 1] : 1
        let headSize = shape[0] / heads
        for (place, row) in (elements.lowerBound / width..<elements.upperBound / width).enumerated() {
            let (head, turned) = (row / headSize, row % headSize)
            let source = head * headSize + turned / 2 + turned % 2 * (headSize / 2)
            try copyFloats(
                source * width..<(source + 1) * width,
                into: UnsafeMutableBufferPointer(rebasing: floats[place * width..<(place + 1) * width]))
        }
    }

    /// The elements as they lie in a safetensors file; nil for others.
    func bytes(of elements: Range<Int>) -> UnsafeRawBufferPointer? {
        if case .safetensors(let tensor) = content { tensor.bytes(of: elements) } else { nil }
    }

    /// The tensor of a safetensors file; nil for others.
    var view: TensorView? {
        if case .safetensors(let tensor) = content { tensor } else { nil }
    }

    /// Lets the system drop the memory of elements that have been read.
    func releasePages(elements: Range<Int>) {
        switch content {
        case .safetensors(let tensor): tensor.releasePages(elements: elements)
        // The rows of a head lie elsewhere within it.
        case .gguf(let file, let info, nil): file.releasePages(of: info, elements: elements)
        case .gguf: break
        // Rows are spread over the whole tensor.
        case .packed(let tensor): if elements.upperBound == elementCount { tensor.releasePages() }
        }
    }
}
