import Compute
import Safetensors

/// Rounds weights of shape outputs × inputs to integers and packs them, some panels of sixteen outputs at a time.
struct PanelConverter {
    /// The threads that round.
    let team: ThreadTeam

    /// Converts some elements, which are whole panels but for the tensor's end: the bytes of panels and scales.
    func convert(
        _ tensor: SourceTensor, elements: Range<Int>, _ form: QuantizedForm
    ) throws(SafetensorsError) -> (panels: FloatBuffer, scales: FloatBuffer) {
        let inputs = tensor.shape[1]
        let rows = elements.count / inputs
        let panelCount = (rows + 15) / 16
        let floats = FloatBuffer(count: elements.count)
        try tensor.copyFloats(elements, into: UnsafeMutableBufferPointer(start: floats.floats, count: floats.count))
        let panelBytes = form.panelShape(outputs: 16, inputs: inputs).reduce(1, *)
        let scaleBytes = form.scaleShape(outputs: 16, inputs: inputs).reduce(2, *)
        let panels = FloatBuffer(count: panelCount * panelBytes / 4)
        let scales = FloatBuffer(count: panelCount * scaleBytes / 4)
        team.split(panelCount, atLeast: 1) { part in
            for panel in part {
                form.pack(
                    floats.floats + panel * 16 * inputs, outputs: min(16, rows - panel * 16), inputs: inputs,
                    panel: UnsafeMutableRawPointer(panels.floats) + panel * panelBytes,
                    scales: UnsafeMutableRawPointer(scales.floats) + panel * scaleBytes)
            }
        }
        return (panels, scales)
    }
}
