import Compute
import GGUF
import Safetensors

/// A tensor of an output, read back as floats.
enum WrittenTensor {
    /// Floats, or blocks of a GGUF file.
    case plain(SourceTensor)
    /// Integers that the engine computes with, of so many inputs.
    case packed(QuantizedStorage, QuantizedForm, inputs: Int)

    /// What kind of numbers were written.
    var typeName: String {
        switch self {
        case .plain(let tensor): tensor.typeName
        case .packed(_, let form, _): form.precision.rawValue
        }
    }

    /// Reads whole rows.
    func copyFloats(_ elements: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>) throws(SafetensorsError) {
        switch self {
        case .plain(let tensor):
            try tensor.copyFloats(elements, into: floats)
            tensor.releasePages(elements: elements)
        case .packed(let storage, _, let inputs):
            guard let target = floats.baseAddress else { return }
            for (place, output) in (elements.lowerBound / inputs..<elements.upperBound / inputs).enumerated() {
                storage.unpack(output: output, to: target + place * inputs)
            }
        }
    }
}

/// The tensors of an output.
enum WrittenTensors {
    /// A folder, whose weights may be packed.
    case folder(SafetensorsFolder)
    /// A GGUF file, by the names that tensors have in a folder.
    case file([String: SourceTensor])

    /// Opens what was written.
    init(path: String) throws(ConvertError) {
        guard path.hasSuffix(".gguf") else {
            do { self = .folder(try SafetensorsFolder(contentsOf: path)) } catch { throw .weights(error) }
            return
        }
        let tensors = try GGUFModel(path: path).tensors()
        self = .file(Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first })
    }

    /// What was written of a tensor; nil if nothing was.
    func written(of tensor: SourceTensor) -> WrittenTensor? {
        guard case .folder(let folder) = self else {
            if case .file(let tensors) = self { return tensors[tensor.name].map { .plain($0) } }
            return nil
        }
        if let view = folder.tensor(named: tensor.name) {
            return .plain(SourceTensor(name: tensor.name, content: .safetensors(view)))
        }
        for form in QuantizedForm.allCases {
            let names = form.tensorNames(of: tensor.name)
            guard let panels = folder.tensor(named: names.panels), let scales = folder.tensor(named: names.scales),
                let panelBytes = panels.bytes.baseAddress, let scaleBytes = scales.bytes.baseAddress
            else { continue }
            let storage = QuantizedStorage(
                outputs: tensor.shape[0], inputs: tensor.shape[1], form: form, panels: panelBytes, scales: scaleBytes,
                owner: [panels.file, scales.file])
            return .packed(storage, form, inputs: tensor.shape[1])
        }
        return nil
    }
}
