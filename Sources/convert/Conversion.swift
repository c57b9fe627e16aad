import Safetensors

/// The work of `convert`: all weights of a model, a piece at a time.
struct Conversion {
    /// What was done.
    struct Report {
        var tensors = 0
        var bytes = 0
        var files = 0
        var overflows = 0
        var seconds = 0.0

        /// One line for people.
        func summary(precision: Precision) -> String {
            let files = files == 1 ? "1 file" : "\(files) files"
            let rate = ByteCount(Int(Double(bytes) / max(seconds, 1e-3)))
            let tenths = (seconds * 10).rounded() / 10
            let warning =
                overflows == 0 ? "" : " Beyond the range of \(precision.rawValue), now infinite: \(overflows) values."
            return "Wrote \(tensors) tensors as \(precision.rawValue): \(ByteCount(bytes)) in \(files), "
                + "\(tenths) s (\(rate)/s).\(warning)\n"
        }
    }

    /// The model that is read.
    let model: ModelFolder
    /// What floating-point tensors become.
    let precision: Precision

    /// The bytes of all tensors after the conversion.
    var bytes: Int {
        model.weights.tensors.reduce(0) { $0 + $1.elementCount * elementType(of: $1).bytes }
    }

    private func elementType(of tensor: TensorView) -> ElementType {
        tensor.elementType.isFloatingPoint ? precision.elementType : tensor.elementType
    }

    /// Every tensor as it will be written: integers as they are, floating-point numbers in the new precision.
    ///
    /// - Throws: for types that cannot be converted on their own.
    func declarations() throws(ConvertError) -> [TensorDeclaration] {
        var declared: [TensorDeclaration] = []
        for tensor in model.weights.tensors {
            if [.float8E4M3, .float8E5M2].contains(tensor.elementType) {
                throw .badTensor(name: tensor.name, elementType: tensor.elementType)
            }
            declared.append(
                TensorDeclaration(name: tensor.name, elementType: elementType(of: tensor), shape: tensor.shape))
        }
        return declared
    }

    /// Writes weights, configuration and companions into a folder.
    ///
    /// Memory is bounded by a chunk, not by a tensor: pages that were read are released.
    func run(_ declared: [TensorDeclaration], into folder: String, maximumShardBytes: Int)
        throws(ConvertError) -> Report
    {
        var progress = ProgressLine(total: model.weights.dataBytes)
        defer { progress.clear() }
        do {
            // Readers of the reference implementation refuse files that do not say for which framework they are.
            let metadata = model.weights.metadata.merging(["format": "pt"]) { own, _ in own }
            let writer = try SafetensorsFolderWriter(
                folder: folder, tensors: declared, metadata: metadata, maximumShardBytes: maximumShardBytes)
            var report = Report(tensors: declared.count, files: writer.shardCount)
            try copyWeights(to: writer, report: &report, progress: &progress)
            for file in model.weights.files { try file.checkUnchanged() }
            progress.showFlush()
            try writer.finish()
            try writeText(model.configuration(at: precision), to: "\(folder)/\(ModelFolder.configurationName)")
            for name in model.companions { try writeText(model.companion(name), to: "\(folder)/\(name)") }
            report.seconds = progress.seconds
            return report
        } catch let error as SafetensorsError {
            throw .weights(error)
        } catch let error as ConvertError {
            throw error
        } catch {
            throw .badFile(path: folder, reason: "\(error)")
        }
    }

    private func copyWeights(
        to writer: SafetensorsFolderWriter, report: inout Report, progress: inout ProgressLine
    ) throws {
        var converter = FloatConverter(target: precision.elementType)
        var done = 0
        for tensor in model.weights.tensors {
            let changes = elementType(of: tensor) != tensor.elementType
            var start = 0
            while start < tensor.elementCount {
                try Interruption.check()
                let chunk = start..<min(start + FloatConverter.chunkElements, tensor.elementCount)
                let bytes = changes ? try converter.convert(tensor, elements: chunk) : tensor.bytes(of: chunk)
                try writer.append(bytes, to: tensor.name)
                tensor.releasePages(elements: chunk)
                report.bytes += bytes.count
                done += chunk.count * tensor.elementType.bytes
                progress.update(done: done)
                start = chunk.upperBound
            }
        }
        report.overflows = converter.overflows
    }

    private func writeText(_ bytes: [UInt8], to path: String) throws(SafetensorsError) {
        let file = try TemporaryFile(path: path)
        try file.write(bytes, at: 0)
        try file.commit()
    }
}
