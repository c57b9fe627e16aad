internal import Compute
internal import Safetensors

/// Weights that `convert` quantised: they stay where they are, in the mapped file.
extension WeightReader {
    /// Parts that the file holds packed, all in one form; nil if it does not hold the first one so.
    func packedParts(_ parts: [Part], inputs: Int) throws(LoadError) -> [QuantizedStorage]? {
        guard let form = packedForm(parts[0].name) else { return nil }
        var packed: [QuantizedStorage] = []
        for part in parts { packed.append(try packedPart(part, inputs: inputs, form)) }
        return packed
    }

    private func packedPart(_ part: Part, inputs: Int, _ form: QuantizedForm) throws(LoadError) -> QuantizedStorage {
        let names = form.tensorNames(of: part.name)
        let panels = try shapedTensor(names.panels, shape: form.panelShape(outputs: part.outputs, inputs: inputs))
        let scales = try shapedTensor(names.scales, shape: form.scaleShape(outputs: part.outputs, inputs: inputs))
        guard inputs % QuantizedForm.group == 0 else {
            throw .wrongShape(tensor: names.panels, found: panels.shape, expected: [part.outputs, inputs])
        }
        for (tensor, type) in [(panels, ElementType.uint8), (scales, .bfloat16)] where tensor.elementType != type {
            throw .unsupportedElementType(tensor: tensor.name, found: tensor.elementType.rawValue)
        }
        guard let panelBytes = panels.bytes.baseAddress, let scaleBytes = scales.bytes.baseAddress else {
            throw .missingTensor(name: part.name)
        }
        progress(panels.bytes.count + scales.bytes.count)
        return QuantizedStorage(
            outputs: part.outputs, inputs: inputs, form: form, panels: panelBytes, scales: scaleBytes,
            owner: [panels.file, scales.file])
    }

    /// The form in which weights of this name are packed; nil if they are floats or missing.
    func packedForm(_ name: String) -> QuantizedForm? {
        guard isPacked else { return nil }
        return QuantizedForm.allCases.first { folder.tensor(named: $0.tensorNames(of: name).panels) != nil }
    }
}
