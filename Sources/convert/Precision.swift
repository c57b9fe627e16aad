import ArgumentParser
import Safetensors

/// What floating-point tensors become.
enum Precision: String, CaseIterable, ExpressibleByArgument, Sendable {
    case f32
    case f16
    case bf16

    /// The type of the elements that are written.
    var elementType: ElementType {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        }
    }

    /// The name in `config.json`, which is that of PyTorch.
    var configurationName: String {
        switch self {
        case .f32: "float32"
        case .f16: "float16"
        case .bf16: "bfloat16"
        }
    }
}
