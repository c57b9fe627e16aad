internal import JSON

/// Layers whose attention reaches only so far back (Beltagy et al., 2020; Mistral 7B, 2023).
public struct SlidingWindow: Sendable, Hashable {
    /// How many tokens a row sees, itself included.
    public var tokens: Int
    /// The layers with this window; the others see everything.
    public var layers: Set<Int>

    /// - Parameters: the values of the properties, in their order.
    public init(tokens: Int, layers: Set<Int>) {
        self.tokens = tokens
        self.layers = layers
    }

    /// Reads the window of a Qwen model: `use_sliding_window`, `sliding_window`, and `layer_types` or a rule.
    ///
    /// - Parameter isWindowed: whether a layer has the window, given `max_window_layers`, where no `layer_types` say so.
    static func qwen(
        _ file: ConfigurationFile, layers: Int, isWindowed: (_ layer: Int, _ most: Int) -> Bool
    ) throws(LoadError) -> SlidingWindow? {
        let types = try layerTypes(file, layers: layers)
        guard try file.boolean("use_sliding_window", fallback: false) else {
            if types?.contains("sliding_attention") == true {
                throw .unsupportedField(
                    name: "layer_types", found: "\"sliding_attention\"", supported: "it with use_sliding_window")
            }
            return nil
        }
        if file.json["sliding_window"] == .null {
            guard types?.contains("sliding_attention") != true else {
                throw .unsupportedField(name: "sliding_window", found: "null", supported: "a number of tokens")
            }
            return nil
        }
        let most = try file.integer("max_window_layers", in: 0...1_024, fallback: 28)
        let windowed = (0..<layers).filter { layer in
            if let types { types[layer] == "sliding_attention" } else { isWindowed(layer, most) }
        }
        return SlidingWindow(
            tokens: try file.integer("sliding_window", in: 1...RotaryPositions.longestContext, fallback: 4_096),
            layers: Set(windowed))
    }

    /// `layer_types`, if the file has them: one for each layer.
    static func layerTypes(_ file: ConfigurationFile, layers: Int) throws(LoadError) -> [String]? {
        guard let field = file.present("layer_types") else { return nil }
        let types = field.array?.compactMap(\.string) ?? []
        guard types.count == layers, field.array?.count == layers else {
            throw .invalidField(
                name: "layer_types", found: field.excerpt, expected: "a text for each of the \(layers) layers")
        }
        for type in types where type != "full_attention" && type != "sliding_attention" {
            throw .unsupportedField(
                name: "layer_types", found: JSONValue.string(type).excerpt,
                supported: "\"full_attention\", \"sliding_attention\"")
        }
        return types
    }
}
