internal import Compute
internal import JSON
internal import Safetensors

/// The weights of a model, ready to compute with. Immutable after loading, so that everybody shares one.
public final class LanguageModel: Sendable {
    /// What `config.json` says.
    public let configuration: ModelConfiguration
    /// Bytes that the packed weights take in memory.
    public let weightBytes: Int
    private let embedding: Matrix
    private let blocks: [TransformerBlock]
    private let finalNorm: FloatBuffer
    private let head: OutputHead
    private let frequencies: [Float]

    /// Loads a Hugging Face folder: `config.json` and one or many safetensors files.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - precision: how to keep matrices; by default bfloat16 stays what it is and everything else takes 32 bits.
    ///   - threads: how many threads pack the weights; by default one for each processor.
    ///   - progress: called with the share of the weights that has been read, 0 to 1.
    /// - Throws: `LoadError`.
    public init(
        contentsOf path: String, precision: WeightPrecision? = nil, threads: Int? = nil,
        progress: (Double) -> Void = { _ in }
    ) throws(LoadError) {
        let configuration = try ModelConfiguration(folder: path)
        let folder: SafetensorsFolder
        do { folder = try SafetensorsFolder(contentsOf: path) } catch { throw .weights(error) }
        let total = max(1, folder.tensorNames.reduce(0) { $0 + (folder.tensor(named: $1)?.bytes.count ?? 0) })
        var bytesRead = 0
        let (model, bytes) = try withoutActuallyEscaping(progress) { progress throws(LoadError) in
            let reader = WeightReader(
                folder: folder, team: ThreadTeam(threads: threads ?? ThreadTeam.processors), precision: precision
            ) { bytes in
                bytesRead += bytes
                progress(Double(bytesRead) / Double(total))
            }
            return (try Parts(configuration, reader), bytesRead)
        }
        self.configuration = configuration
        weightBytes = bytes
        (embedding, blocks, finalNorm, head) = (model.embedding, model.blocks, model.finalNorm, model.head)
        frequencies = configuration.rotary.frequencies(headSize: configuration.headSize)
    }
}
