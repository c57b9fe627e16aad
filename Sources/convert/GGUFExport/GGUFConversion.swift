import GGUF
import JSON
import Safetensors
import Transformer

/// The work of `convert` where the output is one GGUF file, in the form that llama.cpp reads.
struct GGUFConversion {
    /// A tensor with what becomes of it.
    private struct Part {
        let tensor: SourceTensor
        let name: String
        let type: GGUFType
        /// How many heads' rows llama.cpp has in another order.
        let turnedHeads: Int?

        var declaration: GGUFWriter.Declaration {
            GGUFWriter.Declaration(name: name, shape: tensor.shape, type: type)
        }

        func copyFloats(_ elements: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>) throws {
            if let turnedHeads {
                try tensor.copyTurned(elements, heads: turnedHeads, into: floats)
            } else {
                try tensor.copyFloats(elements, into: floats)
            }
        }
    }

    private let source: ModelSource
    private let configuration: ModelConfiguration
    private let metadata: [(key: String, value: GGUFValue)]
    private let parts: [Part]

    /// Checks that llama.cpp can express the model.
    ///
    /// - Parameters:
    ///   - precision: what weights become; 8 bits are Q8_0 and 4 bits Q4_0.
    ///   - head: what the embedding table and the output layer become.
    init(_ source: ModelSource, precision: Precision, head: Precision) throws(ConvertError) {
        self.source = source
        let json = try source.configuration()
        let configuration: ModelConfiguration
        do { configuration = try ModelConfiguration(json: .object(json)) } catch {
            throw .badFile(path: source.path, reason: error.description)
        }
        self.configuration = configuration
        let entries = try GGUFModelEntries(configuration, path: source.path)
        metadata =
            try entries.entries(name: source.name, precision: precision)
            + GGUFTokenizerEntries(source, configuration: json, vocabularySize: configuration.vocabularySize).entries()
        var parts: [Part] = []
        for tensor in try source.tensors() {
            guard tensor.elementType.isFloatingPoint, let name = GGUFNames.fileName(of: tensor.name) else {
                throw .badFile(
                    path: source.path,
                    reason:
                        "llama.cpp has no place for the tensor \"\(tensor.name)\" of \(tensor.elementType.rawValue). "
                        + "Write a folder instead.")
            }
            let heads = entries.turnedHeads(of: tensor.name)
            let isVocabulary = WeightRole(tensor: tensor.name) == .vocabulary
            let rows = isVocabulary ? configuration.vocabularySize : nil
            let expected = rows ?? heads.map { $0 * configuration.headSize } ?? tensor.shape.first
            guard 1...2 ~= tensor.shape.count, tensor.elementCount > 0, tensor.shape[0] == expected else {
                throw .badFile(
                    path: source.path,
                    reason:
                        "the tensor \"\(tensor.name)\" has the shape \(tensor.shape), which is not what config.json "
                        + "says. Download the model again.")
            }
            let wished = isVocabulary ? head : precision
            parts.append(Part(tensor: tensor, name: name, type: wished.ggufType(for: tensor.shape), turnedHeads: heads))
        }
        self.parts = parts
    }

    /// The bytes of all tensors after the conversion.
    var bytes: Int { parts.reduce(0) { $0 + $1.declaration.byteCount } }

    /// Writes the file; memory is bounded by a chunk.
    func run(into path: String) throws(ConvertError) -> ConversionReport {
        var progress = ProgressLine(total: parts.reduce(0) { $0 + $1.tensor.byteCount })
        defer { progress.clear() }
        do {
            let factors = GGUFModelEntries.rotaryFactors(of: configuration)
            let rotary = GGUFWriter.Declaration(name: "rope_freqs.weight", shape: [factors.count], type: .float32)
            let writer = try GGUFWriter(
                path: path, metadata: metadata, tensors: parts.map(\.declaration) + (factors.isEmpty ? [] : [rotary]))
            try factors.withUnsafeBytes { if !$0.isEmpty { try writer.append($0, to: rotary.name) } }
            var report = ConversionReport(tensors: parts.count, bytes: bytes, files: 1)
            var done = 0
            for part in parts {
                try write(part, to: writer) { read in
                    done += read
                    progress.update(done: done)
                }
            }
            try source.checkUnchanged()
            progress.showFlush()
            try writer.finish()
            report.seconds = progress.seconds
            return report
        } catch {
            throw ConvertError(error, path: path)
        }
    }

    /// Writes one tensor, a chunk of whole rows at a time, and tells how many bytes it has read.
    private func write(_ part: Part, to writer: GGUFWriter, progress: (Int) -> Void) throws {
        let (tensor, type) = (part.tensor, part.type)
        let width = max(1, tensor.shape.last ?? 1)
        let step = width * max(1, FloatConverter.chunkElements / width)
        let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: min(step, max(1, tensor.elementCount)))
        defer { floats.deallocate() }
        let output = UnsafeMutableRawBufferPointer.allocate(
            byteCount: floats.count / type.blockElements * type.blockBytes, alignment: 64)
        defer { output.deallocate() }
        guard let source = floats.baseAddress, let target = output.baseAddress else { return }
        for start in stride(from: 0, to: tensor.elementCount, by: step) {
            try Interruption.check()
            let chunk = start..<min(start + step, tensor.elementCount)
            try part.copyFloats(chunk, into: floats)
            let blocks = chunk.count / type.blockElements
            type.quantize(source, blocks: blocks, to: target)
            try writer.append(UnsafeRawBufferPointer(rebasing: output[..<(blocks * type.blockBytes)]), to: part.name)
            tensor.releasePages(elements: chunk)
            progress(Int(Double(tensor.byteCount) * Double(chunk.count) / Double(tensor.elementCount)))
        }
    }
}
