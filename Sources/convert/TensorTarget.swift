import Compute
import Safetensors
import Transformer

/// What a conversion makes of one tensor.
enum TensorTarget {
    /// The same bytes.
    case same(TensorView)
    /// Floating-point numbers of this type.
    case floats(ElementType)
    /// Integers and scales, packed as the engine computes with them.
    case packed(QuantizedForm)

    /// - Parameters:
    ///   - precision: what weights become.
    ///   - head: what the embedding table and the output layer become.
    init(_ tensor: SourceTensor, precision: Precision, head: Precision) {
        let own: Precision =
            switch WeightRole(tensor: tensor.name) {
            case .layer: precision
            case .vocabulary: head
            case .choice: precision.form == nil ? precision : .bf16
            }
        if let view = tensor.view, !view.elementType.isFloatingPoint {
            self = .same(view)
        } else if let form = own.form, tensor.name.hasSuffix(".weight"), tensor.shape.count == 2,
            tensor.shape[1] % QuantizedForm.group == 0
        {
            self = .packed(form)
        } else if let view = tensor.view, view.elementType == own.elementType {
            self = .same(view)
        } else {
            self = .floats(own.elementType)
        }
    }

    /// The tensors that are written for this one.
    func declarations(for tensor: SourceTensor) -> [TensorDeclaration] {
        switch self {
        case .same: [TensorDeclaration(name: tensor.name, elementType: tensor.elementType, shape: tensor.shape)]
        case .floats(let type): [TensorDeclaration(name: tensor.name, elementType: type, shape: tensor.shape)]
        case .packed(let form):
            [
                TensorDeclaration(
                    name: form.tensorNames(of: tensor.name).panels, elementType: .uint8,
                    shape: form.panelShape(outputs: tensor.shape[0], inputs: tensor.shape[1])),
                TensorDeclaration(
                    name: form.tensorNames(of: tensor.name).scales, elementType: .bfloat16,
                    shape: form.scaleShape(outputs: tensor.shape[0], inputs: tensor.shape[1])),
            ]
        }
    }
}
