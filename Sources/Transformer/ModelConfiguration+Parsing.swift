internal import Compute
package import JSON

extension ModelConfiguration {
    /// `architectures` of a `config.json`, with the family and head that each stands for.
    private static let architectures: [(name: String, family: Family, head: Head)] = [
        ("LlamaForCausalLM", .llama, .vocabulary),
        ("MistralForCausalLM", .mistral, .vocabulary),
        ("Qwen2ForCausalLM", .qwen2, .vocabulary),
        ("Qwen2ForProcessRewardModel", .qwen2, .stepClasses),
        ("Qwen2ForPrmModel", .qwen2, .value),
        ("Qwen2MoeForCausalLM", .qwen2MoE, .vocabulary),
        ("Qwen3ForCausalLM", .qwen3, .vocabulary),
        ("Qwen3MoeForCausalLM", .qwen3MoE, .vocabulary),
        ("Qwen3ForProcessRewardModel", .qwen3, .stepClasses),
    ]

    /// Reads the two configuration files of a Hugging Face folder.
    ///
    /// Every field that changes numbers is honoured or refused by name.
    /// - Parameters:
    ///   - json: the value of `config.json`.
    ///   - generation: the value of `generation_config.json`, if there is one: its end tokens count as well, and how to
    ///     sample.
    /// - Throws: `LoadError` naming the first field that cannot be used.
    package init(json: JSONValue, generation: JSONValue? = nil) throws(LoadError) {
        let file = ConfigurationFile(json: json)
        let (family, head) = try ModelConfiguration.architecture(of: file)
        let width = try file.integer("hidden_size", in: 1...65_536)
        let heads = try file.integer("num_attention_heads", in: 1...1_024)
        // Null means as many as heads, while a field that is not there has the family's own default.
        let usual = file.json["num_key_value_heads"] == nil ? family.usualKeyValueHeads : nil
        let keyValueHeads = try file.integer("num_key_value_heads", in: 1...1_024, fallback: usual ?? heads)
        guard heads % keyValueHeads == 0 else {
            throw .invalidField(
                name: "num_key_value_heads", found: "\(keyValueHeads)", expected: "a divisor of the \(heads) heads")
        }
        let headSize = try ModelConfiguration.headSize(of: file, family: family, width: width, heads: heads)
        try ModelConfiguration.refuseUnsupported(file)
        let positions = try file.integer("max_position_embeddings", in: 1...RotaryPositions.longestContext)
        let rotary = try RotaryPositions(file, positions: positions)
        let context = rotary.contextLength(positions: positions)
        var endTokens = try file.tokens("eos_token_id")
        if file.json["eos_token_id"] == nil, generation == nil { endTokens = family.usualEndTokens }
        if let generation {
            for token in try ConfigurationFile(json: generation).tokens("eos_token_id") where !endTokens.contains(token)
            {
                endTokens.append(token)
            }
        }
        self.init(
            family: family, head: head, width: width,
            layers: try file.integer("num_hidden_layers", in: 1...1_024),
            heads: heads, keyValueHeads: keyValueHeads, headSize: headSize,
            feedForwardWidth: try file.integer("intermediate_size", in: 1...1_048_576),
            vocabularySize: try file.integer("vocab_size", in: 1...4_194_304),
            contextLength: context,
            normEpsilon: Float(try file.number("rms_norm_eps", in: 1e-12...1, fallback: 1e-6)),
            rotary: rotary,
            tiesOutput: try file.boolean("tie_word_embeddings", fallback: false),
            hasQueryKeyValueBias: false, hasAttentionOutputBias: false, hasFeedForwardBias: false,
            hasQueryKeyNorm: false, slidingWindow: nil, experts: nil, endTokens: endTokens,
            suggestedSampling: try generation.flatMap { json throws(LoadError) in
                try SuggestedSampling(ConfigurationFile(json: json))
            },
            quantization: try ModelConfiguration.quantization(of: file))
        switch family {
        case .llama: try applyLlama(file)
        case .mistral: try applyMistral(file)
        case .qwen2: try applyQwen2(file)
        case .qwen2MoE: try applyQwen2MoE(file)
        case .qwen3: try applyQwen3(file)
        case .qwen3MoE: try applyQwen3MoE(file)
        }
    }

    private static func architecture(of file: ConfigurationFile) throws(LoadError) -> (Family, Head) {
        let names = file.json["architectures"]?.array?.compactMap(\.string) ?? []
        for name in names {
            if let known = architectures.first(where: { $0.name == name }) { return (known.family, known.head) }
        }
        let found = names.isEmpty ? "not given" : JSONValue.array(names.map { .string($0) }).excerpt
        throw .unsupportedArchitecture(found: found, supported: architectures.map(\.name))
    }

    private static func headSize(
        of file: ConfigurationFile, family: Family, width: Int, heads: Int
    ) throws(LoadError) -> Int {
        // Qwen3's own default is 128, whatever width and heads are; the other families divide.
        let divided = width % heads == 0 ? width / heads : nil
        let size = try file.integer("head_dim", in: 2...1_024, fallback: family == .qwen3 ? 128 : divided)
        guard size % 2 == 0 else {
            throw .invalidField(name: "head_dim", found: "\(size)", expected: "an even number")
        }
        return size
    }

    /// How `convert` quantised the weights; other quantised forms are refused.
    private static func quantization(of file: ConfigurationFile) throws(LoadError) -> WeightPrecision? {
        guard let field = file.present("quantization_config") else { return nil }
        if let form = QuantizedForm.allCases.first(where: { $0.configuration == field }) { return form.precision }
        let supported = QuantizedForm.allCases.map { $0.configuration.serialized() }.joined(separator: " or ")
        throw .unsupportedField(name: "quantization_config", found: field.serialized(), supported: supported)
    }

    private static func refuseUnsupported(_ file: ConfigurationFile) throws(LoadError) {
        try file.refuse("hidden_act", unless: ["silu"])
        try file.refuse("partial_rotary_factor", unless: [1, 1.0])
        try file.refuse("is_causal", unless: [true])
    }
}

extension ModelConfiguration.Family {
    /// Heads of keys and values where `config.json` does not say; nil for as many as there are heads.
    fileprivate var usualKeyValueHeads: Int? {
        switch self {
        case .llama: nil
        case .mistral: 8
        case .qwen2, .qwen3: 32
        case .qwen2MoE: 16
        case .qwen3MoE: 4
        }
    }

    /// Tokens that end a text where no file says so.
    fileprivate var usualEndTokens: [Int32] {
        switch self {
        case .llama, .mistral: [2]
        case .qwen2, .qwen2MoE, .qwen3, .qwen3MoE: []
        }
    }
}
