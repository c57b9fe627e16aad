import Compute
import Safetensors

/// Turns tensors into what they become, a chunk at a time.
struct ChunkConverter: ~Copyable {
    private var floats: FloatConverter
    private let panels = PanelConverter(team: ThreadTeam())

    /// How many finite numbers were too large for their new type and became infinite.
    var overflows: Int { floats.overflows }

    /// - Parameter floats: what floating-point tensors become that are not packed.
    init(floats: ElementType) { self.floats = FloatConverter(target: floats) }

    /// How many elements of a tensor a chunk should have.
    func chunkElements(of tensor: SourceTensor, _ target: TensorTarget) -> Int {
        let unit = if case .packed = target { 16 * tensor.shape[1] } else { tensor.unit }
        return unit * max(1, FloatConverter.chunkElements / unit)
    }

    /// Converts and writes a chunk, and gives the bytes that were written.
    mutating func write(
        _ tensor: SourceTensor, elements: Range<Int>, as target: TensorTarget, to writer: SafetensorsFolderWriter
    ) throws(SafetensorsError) -> Int {
        switch target {
        case .same(let view): return try append(view.bytes(of: elements), to: tensor.name, writer)
        case .floats: return try append(try floats.convert(tensor, elements: elements), to: tensor.name, writer)
        case .packed(let form):
            let packed = try panels.convert(tensor, elements: elements, form)
            let names = form.tensorNames(of: tensor.name)
            return try append(packed.panels, to: names.panels, writer)
                + append(packed.scales, to: names.scales, writer)
        }
    }

    private func append(
        _ bytes: UnsafeRawBufferPointer, to name: String, _ writer: SafetensorsFolderWriter
    ) throws(SafetensorsError) -> Int {
        try writer.append(bytes, to: name)
        return bytes.count
    }

    private func append(
        _ buffer: FloatBuffer, to name: String, _ writer: SafetensorsFolderWriter
    ) throws(SafetensorsError) -> Int {
        let bytes = try append(UnsafeRawBufferPointer(start: buffer.floats, count: buffer.count * 4), to: name, writer)
        withExtendedLifetime(buffer) {}
        return bytes
    }
}
