/// The names of tensors in GGUF files and in Hugging Face folders.
enum GGUFNames {
    private static let whole = [
        "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
        "output.weight": "lm_head.weight",
    ]
    private static let places = [
        "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
        "attn_k_norm": "self_attn.k_norm", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    ]
    private static let ownWhole = Dictionary(uniqueKeysWithValues: whole.map { ($1, $0) })
    private static let ownPlaces = Dictionary(uniqueKeysWithValues: places.map { ($1, $0) })

    /// The name in a folder of a tensor of a file; nil for tensors that no model has.
    static func folderName(of name: String) -> String? {
        if let name = whole[name] { return name }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), ["weight", "bias"].contains(parts[3]),
            let place = places[parts[2]]
        else { return nil }
        return "model.layers.\(layer).\(place).\(parts[3])"
    }

    /// The name in a file of a tensor of a folder; nil for tensors that files have none for.
    static func fileName(of name: String) -> String? {
        if let name = ownWhole[name] { return name }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 4, parts[0] == "model", parts[1] == "layers", let layer = Int(parts[2]),
            let kind = parts.last, ["weight", "bias"].contains(kind),
            let place = ownPlaces[parts[3..<parts.count - 1].joined(separator: ".")]
        else { return nil }
        return "blk.\(layer).\(place).\(kind)"
    }
}
