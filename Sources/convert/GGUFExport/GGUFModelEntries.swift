import GGUF
import Transformer

/// What a GGUF file says about a model, from its configuration.
struct GGUFModelEntries {
    private let configuration: ModelConfiguration
    private let architecture: GGUFConfiguration.Architecture
    /// The model, for error texts.
    private let path: String

    /// - Throws: for models that llama.cpp computes in another way than they are meant.
    init(_ configuration: ModelConfiguration, path: String) throws(ConvertError) {
        self.configuration = configuration
        self.path = path
        switch configuration.family {
        case .llama, .mistral: architecture = .llama
        case .qwen2: architecture = .qwen2
        case .qwen3: architecture = .qwen3
        case .qwen2MoE, .qwen3MoE: throw GGUFModelEntries.refused(path, "a mixture of experts")
        }
        guard configuration.head == .vocabulary else { throw GGUFModelEntries.refused(path, "a reward model") }
        guard architecture == .llama || !configuration.hasAttentionOutputBias else {
            throw GGUFModelEntries.refused(path, "biases that llama.cpp does not add")
        }
        guard configuration.slidingWindow == nil else { throw GGUFModelEntries.refused(path, "a sliding window") }
    }

    /// How many heads' rows llama.cpp has in another order: in Llama, those of queries and keys.
    func turnedHeads(of tensor: String) -> Int? {
        guard architecture == .llama else { return nil }
        if tensor.contains(".self_attn.q_proj.") { return configuration.heads }
        return tensor.contains(".self_attn.k_proj.") ? configuration.keyValueHeads : nil
    }

    /// Everything but the tokenizer.
    func entries(name: String, precision: Precision) throws(ConvertError) -> [(key: String, value: GGUFValue)] {
        let prefix = architecture.rawValue
        let general: [(String, GGUFValue)] = [
            ("general.architecture", .string(prefix)), ("general.type", .string("model")),
            ("general.name", .string(name)), ("general.file_type", .integer(precision.ggufFileType)),
            ("general.quantization_version", .integer(2)),
        ]
        let sizes = [
            ("block_count", configuration.layers), ("context_length", configuration.contextLength),
            ("embedding_length", configuration.width), ("feed_forward_length", configuration.feedForwardWidth),
            ("vocab_size", configuration.vocabularySize), ("attention.head_count", configuration.heads),
            ("attention.head_count_kv", configuration.keyValueHeads),
            ("attention.key_length", configuration.headSize), ("attention.value_length", configuration.headSize),
            ("rope.dimension_count", configuration.headSize),
        ]
        let numbers: [(String, GGUFValue)] = [
            ("\(prefix).attention.layer_norm_rms_epsilon", .number(Double(configuration.normEpsilon))),
            ("\(prefix).rope.freq_base", .number(configuration.rotary.theta)),
        ]
        return general + sizes.map { ("\(prefix).\($0)", .integer($1)) } + numbers + (try scaling())
    }

    private func scaling() throws(ConvertError) -> [(String, GGUFValue)] {
        let prefix = "\(architecture.rawValue).rope.scaling"
        switch configuration.rotary.scaling {
        case .none, .dynamic, .llama3: return []
        case .linear(let factor):
            return [("\(prefix).type", .string("linear")), ("\(prefix).factor", .number(Double(factor)))]
        case .yarn(let yarn):
            let usual = YarnScaling(factor: yarn.factor, originalContext: yarn.originalContext)
            guard yarn == usual else { throw GGUFModelEntries.refused(path, "YaRN with parameters of its own") }
            return [
                ("\(prefix).type", .string("yarn")), ("\(prefix).factor", .number(yarn.factor)),
                ("\(prefix).original_context_length", .integer(yarn.originalContext)),
            ]
        }
    }

    /// What llama.cpp divides the frequencies of Llama 3.1 by; nothing for other models.
    static func rotaryFactors(of configuration: ModelConfiguration) -> [Float] {
        guard case .llama3 = configuration.rotary.scaling else { return [] }
        let plain = RotaryPositions(theta: configuration.rotary.theta, scaling: .none)
        let size = configuration.headSize
        return zip(plain.frequencies(headSize: size), configuration.rotary.frequencies(headSize: size)).map { $0 / $1 }
    }

    private static func refused(_ path: String, _ feature: String) -> ConvertError {
        .badFile(path: path, reason: "has \(feature), which is not written to GGUF files. Write a folder instead.")
    }
}
