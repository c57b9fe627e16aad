import Files
import GGUF
import Safetensors

/// The work of `convert`: all weights of a model, a piece at a time.
struct Conversion {
    /// The model that is read.
    let source: ModelSource
    /// What floating-point tensors become.
    let precision: Precision
    /// What the embedding table and the output layer become.
    let head: Precision
    private let tensors: [SourceTensor]

    init(_ source: ModelSource, precision: Precision, head: Precision) throws(ConvertError) {
        self.source = source
        self.precision = precision
        self.head = head
        tensors = try source.tensors()
    }

    /// The bytes of all tensors after the conversion.
    var bytes: Int {
        tensors.reduce(0) { sum, tensor in
            target(of: tensor).declarations(for: tensor).reduce(sum) {
                $0 + $1.shape.reduce($1.elementType.bytes, *)
            }
        }
    }

    private func target(of tensor: SourceTensor) -> TensorTarget {
        TensorTarget(tensor, precision: precision, head: head)
    }

    /// Every tensor as it will be written: integers as they are, floating-point numbers in the new precision.
    ///
    /// - Throws: for types that cannot be converted on their own.
    func declarations() throws(ConvertError) -> [TensorDeclaration] {
        var declared: [TensorDeclaration] = []
        for tensor in tensors {
            if [.float8E4M3, .float8E5M2].contains(tensor.elementType) {
                throw .badTensor(name: tensor.name, elementType: tensor.elementType)
            }
            declared += target(of: tensor).declarations(for: tensor)
        }
        return declared
    }

    /// Writes weights, configuration and companions into a folder.
    ///
    /// Memory is bounded by a chunk, not by a tensor: pages that were read are released.
    func run(_ declared: [TensorDeclaration], into folder: String, maximumShardBytes: Int)
        throws(ConvertError) -> ConversionReport
    {
        var progress = ProgressLine(total: tensors.reduce(0) { $0 + $1.byteCount })
        defer { progress.clear() }
        do {
            // Readers of the reference implementation refuse files that do not say for which framework they are.
            let metadata = source.metadata.merging(["format": "pt"]) { own, _ in own }
            let writer = try SafetensorsFolderWriter(
                folder: folder, tensors: declared, metadata: metadata, maximumShardBytes: maximumShardBytes)
            var report = ConversionReport(tensors: declared.count, files: writer.shardCount)
            try copyWeights(to: writer, report: &report, progress: &progress)
            try source.checkUnchanged()
            progress.showFlush()
            try writer.finish()
            let configuration = ConfigurationText(try source.configuration())
            try TemporaryFile.write(
                configuration.text(at: precision), to: "\(folder)/\(ModelFolder.configurationName)")
            try source.forEachCompanion { try TemporaryFile.write($1, to: "\(folder)/\($0)") }
            report.seconds = progress.seconds
            return report
        } catch {
            throw ConvertError(error, path: folder)
        }
    }

    private func copyWeights(
        to writer: SafetensorsFolderWriter, report: inout ConversionReport, progress: inout ProgressLine
    ) throws {
        var converter = ChunkConverter(floats: precision.elementType)
        var done = 0
        for tensor in tensors {
            let target = target(of: tensor)
            let step = converter.chunkElements(of: tensor, target)
            for start in stride(from: 0, to: tensor.elementCount, by: step) {
                try Interruption.check()
                let chunk = start..<min(start + step, tensor.elementCount)
                report.bytes += try converter.write(tensor, elements: chunk, as: target, to: writer)
                tensor.releasePages(elements: chunk)
                done += Int(Double(tensor.byteCount) * Double(chunk.count) / Double(tensor.elementCount))
                progress.update(done: done)
            }
        }
        report.overflows = converter.overflows
    }
}
