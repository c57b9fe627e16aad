import GGUF
import JSON

/// A model in a GGUF file, seen as the Hugging Face folder that it once came from.
struct GGUFModel {
    /// The file.
    let file: GGUFFile
    /// What the file says about the model.
    let configuration: GGUFConfiguration

    init(path: String) throws(ConvertError) {
        do { file = try GGUFFile(contentsOf: path) } catch { throw .gguf(error) }
        configuration = try GGUFConfiguration(file)
    }

    /// The tokenizer's two files, if there is one: tokenizer.json, and what chat templates need.
    func companions() throws(ConvertError) -> [(name: String, json: JSONValue)] {
        let metadata = GGUFMetadata(file)
        guard metadata.has("tokenizer.ggml.model") else { return [] }
        let tokenizer = try GGUFTokenizer(metadata)
        return [("tokenizer.json", try tokenizer.json()), ("tokenizer_config.json", try tokenizer.configuration())]
    }

    /// All weights under the names that they have in a folder.
    func tensors() throws(ConvertError) -> [SourceTensor] {
        var tensors: [SourceTensor] = []
        for info in file.header.tensors where info.name != "rope_freqs.weight" {
            guard let name = GGUFModel.name(of: info.name) else {
                throw .gguf(
                    .tensor(
                        path: file.path, name: info.name,
                        problem: "is not part of any model that this package computes. Get another model."))
            }
            tensors.append(
                SourceTensor(name: name, content: .gguf(file, info, turnedHeads: turnedHeads(of: info.name))))
        }
        return tensors
    }

    /// How many heads' rows llama.cpp has put in another order: in Llama, those of queries and keys.
    private func turnedHeads(of name: String) -> Int? {
        guard configuration.architecture == .llama else { return nil }
        if name.contains(".attn_q.") { return configuration.heads }
        return name.contains(".attn_k.") ? configuration.keyValueHeads : nil
    }

    /// The name in a folder; nil for tensors that no model has.
    static func name(of name: String) -> String? {
        switch name {
        case "token_embd.weight": return "model.embed_tokens.weight"
        case "output_norm.weight": return "model.norm.weight"
        case "output.weight": return "lm_head.weight"
        default: break
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), ["weight", "bias"].contains(parts[3]),
            let place = places[String(parts[2])]
        else { return nil }
        return "model.layers.\(layer).\(place).\(parts[3])"
    }

    private static let places = [
        "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
        "attn_k_norm": "self_attn.k_norm", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    ]
}
