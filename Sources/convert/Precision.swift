import ArgumentParser
import Compute
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
}
