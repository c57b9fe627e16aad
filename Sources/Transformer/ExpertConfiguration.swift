/// The experts of a mixture-of-experts model (Shazeer et al., 2017), as Qwen2-MoE and Qwen3-MoE have them.
public struct ExpertConfiguration: Sendable, Hashable {
    /// Experts of a layer.
    public var count: Int
    /// Experts that each row takes.
    public var countPerRow: Int
    /// Elements between the two layers of an expert.
    public var innerWidth: Int
    /// The same of the expert that every row takes; nil if there is none.
    public var sharedInnerWidth: Int?
    /// Whether the weights of a row's experts are made to add up to 1.
    public var normalizesWeights: Bool
    /// Of so many layers the last one has experts.
    public var interval: Int
    /// Layers that have one network all the same.
    public var layersWithout: Set<Int>

    /// - Parameters: the values of the properties, in their order.
    public init(
        count: Int, countPerRow: Int, innerWidth: Int, sharedInnerWidth: Int?, normalizesWeights: Bool, interval: Int,
        layersWithout: Set<Int>
    ) {
        self.count = count
        self.countPerRow = countPerRow
        self.innerWidth = innerWidth
        self.sharedInnerWidth = sharedInnerWidth
        self.normalizesWeights = normalizesWeights
        self.interval = interval
        self.layersWithout = layersWithout
    }

    /// Whether a layer has experts.
    func has(layer: Int) -> Bool { (layer + 1) % interval == 0 && !layersWithout.contains(layer) }

    /// Reads the fields of Qwen2-MoE and Qwen3-MoE; only the former has a shared expert.
    init(_ file: ConfigurationFile, hasSharedExpert: Bool) throws(LoadError) {
        // A file of transformers 5 may use the name that all its mixtures share.
        let name = file.present("num_experts") == nil ? "num_local_experts" : "num_experts"
        let count = try file.integer(name, in: 1...4_096)
        let perRow = try file.integer("num_experts_per_tok", in: 1...count)
        let layers = try file.integer("num_hidden_layers", in: 1...1_024)
        self.init(
            count: count, countPerRow: perRow,
            innerWidth: try file.integer("moe_intermediate_size", in: 1...1_048_576),
            sharedInnerWidth: hasSharedExpert
                ? try file.integer("shared_expert_intermediate_size", in: 1...1_048_576) : nil,
            normalizesWeights: try file.boolean("norm_topk_prob", fallback: false),
            interval: try file.integer("decoder_sparse_step", in: 1...layers, fallback: 1),
            layersWithout: Set(try file.integers("mlp_only_layers", in: 0...layers - 1)))
    }
}
