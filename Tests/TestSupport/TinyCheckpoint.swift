internal import Foundation
internal import JSON
internal import Safetensors

/// Writes a random Llama checkpoint of any shape into a temporary folder, for shapes that no fixture has.
public final class TinyCheckpoint {
    /// The folder; it goes away with the object.
    public let folder: String

    public init(
        width: Int, layers: Int = 1, heads: Int, keyValueHeads: Int, headSize: Int, feedForwardWidth: Int,
        vocabularySize: Int, context: Int = 256, seed: UInt64 = 1
    ) throws {
        folder = NSTemporaryDirectory() + "specsearch-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let config: JSONValue = [
            "architectures": ["LlamaForCausalLM"], "hidden_size": .integer(width),
            "num_hidden_layers": .integer(layers), "num_attention_heads": .integer(heads),
            "num_key_value_heads": .integer(keyValueHeads), "head_dim": .integer(headSize),
            "intermediate_size": .integer(feedForwardWidth), "vocab_size": .integer(vocabularySize),
            "max_position_embeddings": .integer(context), "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
            "tie_word_embeddings": true, "hidden_act": "silu",
        ]
        try config.serialized().write(toFile: folder + "/config.json", atomically: true, encoding: .utf8)
        var shapes = [("model.embed_tokens.weight", [vocabularySize, width]), ("model.norm.weight", [width])]
        for layer in 0..<layers {
            let prefix = "model.layers.\(layer)."
            shapes += [
                (prefix + "input_layernorm.weight", [width]), (prefix + "post_attention_layernorm.weight", [width]),
                (prefix + "self_attn.q_proj.weight", [heads * headSize, width]),
                (prefix + "self_attn.k_proj.weight", [keyValueHeads * headSize, width]),
                (prefix + "self_attn.v_proj.weight", [keyValueHeads * headSize, width]),
                (prefix + "self_attn.o_proj.weight", [width, heads * headSize]),
                (prefix + "mlp.gate_proj.weight", [feedForwardWidth, width]),
                (prefix + "mlp.up_proj.weight", [feedForwardWidth, width]),
                (prefix + "mlp.down_proj.weight", [width, feedForwardWidth]),
            ]
        }
        let writer = try SafetensorsWriter(
            path: folder + "/model.safetensors",
            tensors: shapes.map { TensorDeclaration(name: $0.0, elementType: .float32, shape: $0.1) })
        var random = SeededRandom(seed: seed)
        for (name, shape) in shapes {
            let scale: Float = shape.count == 1 ? 0.1 : 1 / Float(shape[1]).squareRoot()
            let values = (0..<shape.reduce(1, *)).map { _ in
                random.normal() * scale + (shape.count == 1 ? 1 : 0)
            }
            try values.withUnsafeBytes { try writer.append($0, to: name) }
        }
        try writer.finish()
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}
