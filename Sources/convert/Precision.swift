import ArgumentParser
import Compute
import GGUF
import JSON
import Safetensors
import Transformer

/// What floating-point tensors become.
enum Precision: String, CaseIterable, ExpressibleByArgument, Sendable {
    case f32
    case f16
    case bf16
    case int8
    case int4

    /// The form of weights that become integers.
    var form: QuantizedForm? {
        switch self {
        case .f32, .f16, .bf16: nil
        case .int8: .int8
        case .int4: .int4
        }
    }

    /// The type of floating-point numbers that are written.
    var elementType: ElementType {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16, .int8, .int4: .bfloat16
        }
    }

    /// The name of that type in `config.json`, which is that of PyTorch.
    var configurationName: String {
        switch self {
        case .f32: "float32"
        case .f16: "float16"
        case .bf16, .int8, .int4: "bfloat16"
        }
    }

    /// The same in a GGUF file.
    var ggufType: GGUFType {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        case .int8: .q80
        case .int4: .q40
        }
    }

    /// The same for a tensor of a shape: llama.cpp multiplies with norms and adds biases in 32 bits, and blocks need whole
    /// rows.
    func ggufType(for shape: [Int]) -> GGUFType {
        if shape.count < 2 { return .float32 }
        return shape[shape.count - 1] % ggufType.blockElements == 0 ? ggufType : .bfloat16
    }

    /// llama.cpp's number for files that are mostly of that type.
    var ggufFileType: Int {
        switch self {
        case .f32: 0
        case .f16: 1
        case .bf16: 32
        case .int8: 7
        case .int4: 2
        }
    }
}
