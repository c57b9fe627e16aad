internal import JSON

extension RotaryPositions {
    /// No context is longer, in tokens.
    static let longestContext = 16_777_216

    /// Reads θ and scaling in either dialect: `rope_theta` and `rope_scaling` at the top level, or `rope_parameters`
    /// (transformers 5).
    ///
    /// - Parameter positions: `max_position_embeddings`, the original context where the file names none.
    init(_ file: ConfigurationFile, positions: Int) throws(LoadError) {
        let isNested = file.present("rope_parameters") != nil
        if isNested { try file.refuse("rope_scaling", unless: []) }
        let section = try file.section(isNested ? "rope_parameters" : "rope_scaling")
        let thetaSource = section.present("rope_theta") != nil ? section : file
        theta = try thetaSource.number("rope_theta", in: 1...1e12, fallback: 10_000)
        try section.refuse("partial_rotary_factor", unless: [1, 1.0])
        // Models with several kinds of layers have one set of parameters for each kind.
        for member in section.json.object?.members ?? [] where member.value.object != nil {
            throw .unsupportedField(
                name: "rope_parameters", found: "an object for \(JSONValue.string(member.name).excerpt)",
                supported: "one for all layers")
        }
        // A file that states the original context outside of the section means it.
        let original = file.present("original_max_position_embeddings") == nil ? section : file
        scaling = try RotaryPositions.scaling(section, positions: positions) { () throws(LoadError) in
            try original.integer("original_max_position_embeddings", in: 1...Self.longestContext, fallback: positions)
        }
        if case .yarn = scaling, theta == 1 {
            throw .invalidField(name: "rope_theta", found: "1", expected: "more, for the scaling yarn")
        }
    }

    private static func scaling(
        _ section: ConfigurationFile, positions: Int, originalContext: () throws(LoadError) -> Int
    ) throws(LoadError) -> Scaling {
        let kind = section.json["rope_type"] ?? section.json["type"] ?? "default"
        switch kind {
        case "default": return .none
        case "linear": return .linear(factor: Float(try section.number("factor", in: 1...1e6)))
        case "dynamic":
            _ = try section.number("factor", in: 1...1e6)
            return .dynamic
        case "llama3":
            let low = try section.number("low_freq_factor", in: 1e-3...1e6)
            let high = try section.number("high_freq_factor", in: 1e-3...1e6)
            guard low < high else {
                throw .invalidField(
                    name: "high_freq_factor", found: "\(high)", expected: "more than low_freq_factor, \(low)")
            }
            return .llama3(
                factor: Float(try section.number("factor", in: 1...1e6)),
                lowFrequencyFactor: Float(low), highFrequencyFactor: Float(high),
                originalContext: try originalContext())
        case "yarn": return .yarn(try YarnScaling(section, positions: positions, originalContext: originalContext()))
        default:
            throw .unsupportedField(
                name: "rope_type", found: kind.excerpt,
                supported: "\"default\", \"linear\", \"dynamic\", \"llama3\", \"yarn\"")
        }
    }

    /// How many tokens a text may have.
    ///
    /// - Parameter positions: `max_position_embeddings`, which files with a scaling of the first kinds leave at the
    ///   original context.
    func contextLength(positions: Int) -> Int {
        switch scaling {
        case .none, .dynamic, .llama3: positions
        case .linear(let factor): min(Self.longestContext, Int(Double(positions) * Double(factor)))
        case .yarn(let yarn):
            min(Self.longestContext, max(positions, Int(Double(yarn.originalContext) * yarn.factor)))
        }
    }
}

extension YarnScaling {
    /// Reads the fields of the kind `yarn`.
    init(_ section: ConfigurationFile, positions: Int, originalContext: Int) throws(LoadError) {
        let factor = try section.number("factor", in: 1...1e6, fallback: Double(positions) / Double(originalContext))
        let fast = try YarnScaling.rotations("beta_fast", section, usual: 32)
        let slow = try YarnScaling.rotations("beta_slow", section, usual: 1)
        let scale = try section.number("mscale", in: 0...1e3, fallback: 0)
        let scaleOfAll = try section.number("mscale_all_dim", in: 0...1e3, fallback: 0)
        let usual =
            scale > 0 && scaleOfAll > 0
            ? YarnScaling.attentionFactor(factor, scale: scale) / YarnScaling.attentionFactor(factor, scale: scaleOfAll)
            : YarnScaling.attentionFactor(factor)
        self.init(
            factor: factor, fastRotations: fast, slowRotations: slow,
            originalContext: originalContext,
            attentionFactor: Float(try section.number("attention_factor", in: 1e-6...1e6, fallback: usual)),
            roundsBounds: try section.boolean("truncate", fallback: true))
    }

    /// A number of rotations; the reference takes 0 for none given.
    private static func rotations(
        _ name: String, _ section: ConfigurationFile, usual: Double
    ) throws(LoadError) -> Double {
        if let given = section.json[name]?.double, given == 0 { return usual }
        return try section.number(name, in: 1e-3...1e6, fallback: usual)
    }
}
