private import Safetensors

/// What `transformers` computes for one checkpoint: a file under Weights/golden, written by Tools/parity/make.
public struct Golden: Sendable {
    /// A prompt of token ids with everything that was recorded for it.
    public struct Prompt: Sendable {
        /// The prompt's token ids.
        public let tokens: [Int32]
        /// Float32 logits of every position, tokens × vocabulary; of reward models tokens × 2.
        public let logits: [Float]
        /// The 64 greedy tokens that follow the prompt; empty for reward models.
        public let greedy: [Int32]
        /// By how much each greedy token's logit leads the second best.
        public let margins: [Float]
        /// The rows of a reward model's step tokens.
        public let steps: [Int32]
        /// The probability that the thought which ends at each step token is good.
        public let scores: [Float]
        /// The rows that enter the first layer, tokens × width; empty where layers were not recorded.
        public let embedding: [Float]
        /// The rows that leave each layer, tokens × width.
        public let layers: [[Float]]
    }

    /// The prompts: 1, 7 and 40 tokens for tiny models, real questions for the bundled ones.
    public let prompts: [Prompt]

    /// Reads the golden of a checkpoint, such as `llama-grouped` or `qwen-target`, or one of several in a file.
    public init(_ name: String, prefix: String = "") throws {
        let file = try SafetensorsFile(contentsOf: RepositoryRoot.path(of: "Weights/golden/\(name).safetensors"))
        var prompts: [Prompt] = []
        while let tokens = file.values(prefix + "prompt.\(prompts.count).tokens", as: Int32.self) {
            prompts.append(Prompt(file, prefix + "prompt.\(prompts.count).", tokens: tokens))
        }
        self.prompts = prompts
    }
}

extension Golden.Prompt {
    fileprivate init(_ file: SafetensorsFile, _ prefix: String, tokens: [Int32]) {
        func integers(_ name: String) -> [Int32] { file.values(prefix + name, as: Int32.self) ?? [] }
        func floats(_ name: String) -> [Float] { file.values(prefix + name, as: Float.self) ?? [] }
        var layers: [[Float]] = []
        while let layer = file.values(prefix + "layer.\(layers.count)", as: Float.self) { layers.append(layer) }
        self.tokens = tokens
        logits = floats("logits")
        greedy = integers("greedy")
        margins = floats("margins")
        steps = integers("steps")
        scores = floats("scores")
        embedding = floats("embedding")
        self.layers = layers
    }
}

extension SafetensorsFile {
    /// All elements of a tensor of four-byte numbers, or nil if there is no such tensor.
    fileprivate func values<Number: BitwiseCopyable>(_ name: String, as type: Number.Type) -> [Number]? {
        guard let tensor = tensor(named: name) else { return nil }
        precondition(tensor.elementType == (type == Float.self ? .float32 : .int32), "\(name) is \(tensor.elementType)")
        return withExtendedLifetime(self) {
            (0..<tensor.elementCount).map {
                tensor.bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.stride, as: type)
            }
        }
    }
}
