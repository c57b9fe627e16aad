import Compute
import GGUF
import JSON

/// What a GGUF file says about its model, as the `config.json` that it once came from.
struct GGUFConfiguration {
    /// Architectures that are read, by llama.cpp's name.
    enum Architecture: String, CaseIterable {
        case llama, qwen2, qwen3

        /// The class of `transformers`.
        var className: String {
            switch self {
            case .llama: "LlamaForCausalLM"
            case .qwen2: "Qwen2ForCausalLM"
            case .qwen3: "Qwen3ForCausalLM"
            }
        }
    }

    /// The architecture.
    let architecture: Architecture
    /// Heads of queries.
    let heads: Int
    /// Heads of keys and values.
    let keyValueHeads: Int
    /// Elements of one head.
    let headSize: Int
    /// Transformer blocks.
    let layers: Int
    private let file: GGUFFile
    private let metadata: GGUFMetadata

    init(_ file: GGUFFile) throws(ConvertError) {
        let metadata = GGUFMetadata(file)
        let name = try metadata.text("general.architecture") ?? ""
        guard let architecture = Architecture(rawValue: name) else {
            let known = Architecture.allCases.map(\.rawValue).joined(separator: ", ")
            throw metadata.problem("general.architecture", "is \"\(name.prefix(100))\"; these are read: \(known)")
        }
        self.architecture = architecture
        self.file = file
        self.metadata = metadata
        heads = try metadata.integer("\(name).attention.head_count", in: 1...1_024)
        keyValueHeads = try metadata.integer("\(name).attention.head_count_kv", in: 1...1_024, fallback: heads)
        layers = try metadata.integer("\(name).block_count", in: 1...1_024)
        let width = try metadata.integer("\(name).embedding_length", in: 1...65_536)
        headSize = try metadata.integer("\(name).attention.key_length", in: 2...1_024, fallback: width / heads)
        let turned = try metadata.integer("\(name).rope.dimension_count", in: 1...1_024, fallback: headSize)
        guard turned == headSize else {
            throw metadata.problem("\(name).rope.dimension_count", "is \(turned), but a head has \(headSize) elements")
        }
    }

    /// The members of `config.json`.
    func json() throws(ConvertError) -> JSONObject {
        let name = architecture.rawValue
        var members = JSONObject()
        members.set("architectures", [.string(architecture.className)])
        members.set("model_type", .string(name))
        let fields = [
            ("hidden_size", "embedding_length"), ("intermediate_size", "feed_forward_length"),
            ("max_position_embeddings", "context_length"),
        ]
        for (field, key) in fields {
            members.set(field, .integer(try metadata.integer("\(name).\(key)", in: 1...1 << 30)))
        }
        members.set("num_hidden_layers", .integer(layers))
        members.set("num_attention_heads", .integer(heads))
        members.set("num_key_value_heads", .integer(keyValueHeads))
        members.set("head_dim", .integer(headSize))
        guard let embedding = file.tensor(named: "token_embd.weight") else {
            throw .gguf(
                .tensor(path: file.path, name: "token_embd.weight", problem: "is missing. Download the file again."))
        }
        members.set("vocab_size", .integer(embedding.shape[0]))
        guard let epsilon = try metadata.number("\(name).attention.layer_norm_rms_epsilon") else {
            throw metadata.problem("\(name).attention.layer_norm_rms_epsilon", "is missing")
        }
        members.set("rms_norm_eps", .number(epsilon))
        members.set("rope_theta", .number(try metadata.number("\(name).rope.freq_base") ?? 10_000))
        members.set("rope_scaling", try scaling())
        members.set("tie_word_embeddings", .bool(file.tensor(named: "output.weight") == nil))
        if architecture == .llama {
            members.set("attention_bias", .bool(file.tensor(named: "blk.0.attn_q.bias") != nil))
            members.set("mlp_bias", .bool(file.tensor(named: "blk.0.ffn_up.bias") != nil))
        }
        members.set("hidden_act", "silu")
        for (field, key) in [("bos_token_id", "bos_token_id"), ("eos_token_id", "eos_token_id")] {
            let entry = "tokenizer.ggml.\(key)"
            if metadata.has(entry) { members.set(field, .integer(try metadata.integer(entry, in: 0...Int(Int32.max)))) }
        }
        members.set("torch_dtype", "float32")
        return members
    }

    /// `rope_scaling`: what the metadata say, or what the factors of Llama 3 were made of.
    private func scaling() throws(ConvertError) -> JSONValue {
        let prefix = "\(architecture.rawValue).rope.scaling"
        if let factors = file.tensor(named: "rope_freqs.weight") { return try llama3Scaling(factors) }
        let type = try metadata.text("\(prefix).type") ?? "none"
        guard type != "none" else { return .null }
        guard ["linear", "yarn"].contains(type) else {
            throw metadata.problem("\(prefix).type", "is \"\(type.prefix(100))\"; linear and yarn are read")
        }
        guard let factor = try metadata.number("\(prefix).factor") else {
            throw metadata.problem("\(prefix).factor", "is missing")
        }
        guard type == "yarn" else { return ["rope_type": "linear", "factor": .number(factor)] }
        let original = try metadata.integer("\(prefix).original_context_length", in: 1...1 << 30)
        return [
            "rope_type": "yarn", "factor": .number(factor), "original_max_position_embeddings": .integer(original),
        ]
    }

    /// The parameters whose factors are those of the file: all published models of Llama 3.1 to 3.3 have one of two sets.
    private func llama3Scaling(_ tensor: GGUFTensorInfo) throws(ConvertError) -> JSONValue {
        var factors = [Float](repeating: 0, count: tensor.elementCount)
        factors.withUnsafeMutableBufferPointer { file.copyFloats(tensor, elements: 0..<$0.count, into: $0) }
        let base = try metadata.number("\(architecture.rawValue).rope.freq_base") ?? 10_000
        for factor in [8.0, 32.0] {
            let expected = Llama3Factors(factor: factor, base: base, headSize: headSize).values
            let agree = zip(factors, expected).allSatisfy { abs(Double($0) - $1) <= 1e-4 * $1 }
            if factors.count == expected.count, agree {
                return [
                    "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 8_192,
                ]
            }
        }
        throw .gguf(
            .tensor(
                path: file.path, name: tensor.name,
                problem:
                    "holds factors of rotary positions that are not those of Llama 3.1 to 3.3. Convert the model that "
                    + "the file was made from."))
    }
}

/// What Llama 3.1 divides the frequencies of rotary positions by (Grattafiori et al., 2024), for 8,192 original positions.
struct Llama3Factors {
    let factor: Double
    let base: Double
    let headSize: Int

    /// One for each pair of a head.
    var values: [Double] {
        (0..<headSize / 2).map { pair in
            let wavelength = 2 * Double.pi * Elementary.pow(base, Double(2 * pair) / Double(headSize))
            if wavelength < 8_192 / 4 { return 1 }
            if wavelength > 8_192 { return factor }
            let share = (8_192 / wavelength - 1) / 3
            return 1 / ((1 - share) / factor + share)
        }
    }
}
