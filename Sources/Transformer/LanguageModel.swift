internal import CPUFeatures
public import Compute
internal import JSON
internal import Safetensors
internal import Synchronization

/// The weights of a model, ready to compute with. Immutable after loading, so that everybody shares one.
public final class LanguageModel: Sendable {
    /// What `config.json` says.
    public let configuration: ModelConfiguration
    /// Bytes of the weights that were read.
    public let weightBytes: Int
    /// How its matrices are kept.
    public let precision: WeightPrecision
    let parts: Parts
    let frequencies: [Float]
    /// All that was read, in one list.
    let weights: [WeightList.Part]
    let knownFingerprint = Mutex<UInt64?>(nil)

    /// Everything that is read from the weights, in the order of the data's way.
    struct Parts: Sendable {
        let embedding: Matrix
        let blocks: [TransformerBlock]
        let finalNorm: FloatBuffer
        let head: OutputHead

        init(_ configuration: ModelConfiguration, _ reader: WeightReader) throws(LoadError) {
            embedding = try reader.matrix(
                "model.embed_tokens.weight", outputs: configuration.vocabularySize, inputs: configuration.width)
            var blocks: [TransformerBlock] = []
            for layer in 0..<configuration.layers {
                blocks.append(try TransformerBlock(configuration, layer: layer, reader))
            }
            self.blocks = blocks
            finalNorm = try reader.vector("model.norm.weight", count: configuration.width)
            head = try OutputHead(configuration, embedding: embedding, reader)
        }
    }

    /// The memory of the machine.
    private static let memoryBytes = Int(memory_bytes())

    /// Checks that the machine has memory for all tensors as they will be kept.
    private static func checkMemory(
        for folder: SafetensorsFolder, precision: WeightPrecision?
    ) throws(LoadError) {
        let bytes = folder.tensors.reduce(0) { sum, tensor in
            let kept = precision ?? (tensor.elementType == .bfloat16 ? .bfloat16 : .float32)
            let (sixteenths, overflows) = tensor.elementCount.multipliedReportingOverflow(
                by: tensor.elementType == .uint8 ? 16 : kept.sixteenths)
            let (total, isTooMuch) = sum.addingReportingOverflow(sixteenths / 16)
            return overflows || isTooMuch ? .max : total
        }
        guard bytes <= memoryBytes else { throw .tooLarge(weightBytes: bytes, memoryBytes: memoryBytes) }
    }

    /// Loads a Hugging Face folder: `config.json` and one or many safetensors files.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - precision: how to keep matrices; by default bfloat16 stays what it is and everything else takes 32 bits.
    ///   - threads: how many threads pack the weights; by default one for each processor.
    ///   - outputTokens: the tokens whose logits a causal model is to give, in this order; by default all of its
    ///     vocabulary.
    ///   - progress: called with the share of the weights that has been read, 0 to 1.
    /// - Throws: `LoadError`.
    public init(
        contentsOf path: String, precision: WeightPrecision? = nil, threads: Int? = nil,
        outputTokens: [Int32]? = nil, progress: (Double) -> Void = { _ in }
    ) throws(LoadError) {
        var configuration = try ModelConfiguration(folder: path)
        if let outputTokens { try configuration.restrictOutputs(to: outputTokens) }
        if let precision, let found = configuration.quantization, precision != found {
            throw .quantized(found: found, asked: precision)
        }
        let folder: SafetensorsFolder
        do { folder = try SafetensorsFolder(contentsOf: path) } catch { throw .weights(error) }
        try LanguageModel.checkMemory(for: folder, precision: precision)
        let team = ThreadTeam(threads: threads ?? ThreadTeam.processors)
        let total = Double(max(1, folder.dataBytes))
        var bytesRead = 0
        let (parts, weights) = try withoutActuallyEscaping(progress) { [configuration] progress throws(LoadError) in
            let reader = WeightReader(
                folder: folder, team: team, precision: precision, isPacked: configuration.quantization != nil
            ) { bytes in
                bytesRead += bytes
                progress(Double(bytesRead) / total)
            }
            return (try Parts(configuration, reader), reader.list.parts)
        }
        do { for file in folder.files { try file.checkUnchanged() } } catch { throw .weights(error) }
        progress(1)
        self.configuration = configuration
        self.parts = parts
        self.weights = weights
        weightBytes = bytesRead
        // The embedding table may have more bits than the rest.
        self.precision = configuration.quantization ?? parts.embedding.precision
        frequencies = configuration.rotary.frequencies(headSize: configuration.headSize)
    }
}
