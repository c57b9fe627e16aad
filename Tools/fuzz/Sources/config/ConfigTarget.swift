import FuzzSupport
import Transformer

private let folder = MemoryFolder("config")

/// Reads the input as config.json, and as generation_config.json beside a good one.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: bytes, count: count)
    withinASecond {
        folder.write(input, to: "config.json")
        folder.write(input, to: "generation_config.json")
        do {
            let configuration = try ModelConfiguration(folder: folder.path)
            precondition(configuration.heads % configuration.keyValueHeads == 0 && configuration.headSize % 2 == 0)
            precondition(configuration.outputWidth > 0 && configuration.contextLength > 0)
            precondition(configuration.pageLayout().bytesPerToken > 0)
        } catch {
            check(error)
        }
    }
    return 0
}

/// Changes the input as JSON.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int, _ seed: CUnsignedInt) -> Int {
    JSONMutator.mutate(bytes, count, maximum: maximum, seed: seed, words: words)
}

private let words = [
    "LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen2MoeForCausalLM", "Qwen3ForCausalLM",
    "Qwen3MoeForCausalLM", "Qwen2ForProcessRewardModel", "default", "linear", "dynamic", "yarn", "llama3", "longrope",
    "rope_scaling", "rope_parameters", "rope_type", "type", "factor", "rope_theta", "head_dim", "hidden_size",
    "num_attention_heads", "num_key_value_heads", "num_hidden_layers", "intermediate_size", "vocab_size",
    "max_position_embeddings", "original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow",
    "low_freq_factor", "high_freq_factor", "mscale", "mscale_all_dim", "truncate", "sliding_window",
    "use_sliding_window", "max_window_layers", "layer_types", "full_attention", "sliding_attention", "num_experts",
    "num_experts_per_tok", "moe_intermediate_size", "shared_expert_intermediate_size", "norm_topk_prob",
    "decoder_sparse_step", "mlp_only_layers", "attention_bias", "mlp_bias", "tie_word_embeddings", "rms_norm_eps",
    "eos_token_id", "partial_rotary_factor", "hidden_act", "silu", "do_sample", "temperature", "top_k", "top_p",
    "quantization_config",
]
