import JSON
import Safetensors
import TestSupport
import XCTest

/// Broken checkpoints end in one line that says what is wrong, whichever command meets them.
final class WrongModelTests: XCTestCase {
    private func assertRefuses(
        _ model: ModelCopy, code: Int32 = 65, saying words: String, file: StaticString = #filePath, line: UInt = #line
    ) throws {
        for arguments in [
            ["logits", "--model", model.path, "--tokens", "1,2,3"],
            ["generate", "--model", model.path, "--tokens", "1,2,3"], ["inspect", "--model", model.path],
        ] {
            try Command.specsearch.assertRefuses(arguments, code: code, saying: words, file: file, line: line)
        }
    }

    func testMissingFilesAreNamed() throws {
        let model = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        try model.remove("model.safetensors")
        try assertRefuses(model, code: 66, saying: model.path)
        try model.remove("config.json")
        try assertRefuses(model, code: 66, saying: "config.json is missing")
        try model.remove("")
        try assertRefuses(model, code: 66, saying: "config.json is missing")
        let sharded = try ModelCopy(of: TinyModels.folder("llama-sharded"))
        try sharded.remove("model-00002-of-00003.safetensors")
        try assertRefuses(sharded, code: 66, saying: "model-00002-of-00003.safetensors")
    }

    func testTruncatedWeightsAreNoticedBeforeTheyAreRead() throws {
        for count in [380_000, 3_000, 100, 8, 7, 0] {
            let model = try ModelCopy(of: TinyModels.folder("llama-grouped"))
            try model.truncate("model.safetensors", toBytes: count)
            try assertRefuses(model, saying: "model.safetensors")
        }
    }

    func testConfigurationsOfOtherModelsAreRefused() throws {
        let broken: [(field: String, value: JSONValue?, words: String)] = [
            ("architectures", ["MixtralForCausalLM"], "MixtralForCausalLM"), ("architectures", nil, "not given"),
            ("hidden_act", "gelu", "gelu"), ("hidden_size", "72", "hidden_size"), ("vocab_size", nil, "vocab_size"),
            ("num_hidden_layers", true, "num_hidden_layers"), ("num_attention_heads", 0, "num_attention_heads"),
            ("rope_scaling", ["rope_type": "longrope", "factor": 4], "longrope"),
            ("quantization_config", ["quant_method": "gptq"], "quantization_config"),
            ("max_position_embeddings", .integer(.max), "max_position_embeddings"),
        ]
        for (field, value, words) in broken {
            let model = try ModelCopy(of: TinyModels.folder("llama-grouped"))
            try model.setField(field, to: value)
            try assertRefuses(model, saying: words)
        }
        for text in ["", "{", "[]", "{}", "{\"architectures\": [\"LlamaForCausalLM\"], \"hidden_size\": 1e400}"] {
            let model = try ModelCopy(of: TinyModels.folder("llama-grouped"))
            try model.write(text, to: "config.json")
            try assertRefuses(model, saying: "config.json")
        }
    }

    func testTensorsThatDoNotFitTheConfigurationAreNamed() throws {
        let broken: [(field: String, value: JSONValue, words: String)] = [
            ("intermediate_size", 80, "mlp."), ("vocab_size", 113, "model.embed_tokens.weight"),
            ("num_hidden_layers", 3, "model.layers.2."), ("head_dim", 24, "self_attn."),
            ("attention_bias", true, "bias"), ("num_key_value_heads", 3, "self_attn.k_proj"),
            ("hidden_size", 65_536, "model.embed_tokens.weight"),
        ]
        for (field, value, words) in broken {
            let model = try ModelCopy(of: TinyModels.folder("llama-grouped"))
            try model.setField(field, to: value)
            try assertRefuses(model, saying: words)
        }
        let model = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        try model.changeTensors { tensors in
            for index in tensors.indices where tensors[index].name == "model.norm.weight" {
                tensors[index].elementType = .int32
            }
        }
        try assertRefuses(model, saying: "model.norm.weight")
    }

    func testWeightsThatAreNoNumbersAreNoticed() throws {
        for broken in [Float.nan, .infinity] {
            let model = try ModelCopy(of: TinyModels.folder("llama-grouped"))
            try model.changeFloats(of: "model.layers.1.mlp.down_proj.weight") { $0[5] = broken }
            for command in ["logits", "generate"] {
                try Command.specsearch.assertRefuses(
                    [command, "--model", model.path, "--tokens", "1,2,3"], code: 65, saying: "weights damaged")
            }
        }
    }

    func testRewardModelsWriteNoText() throws {
        try Command.specsearch.assertRefuses(
            ["generate", "--model", TinyModels.bundled("qwen/reward"), "--prompt", "Q: 1 + 1?"], code: 65,
            saying: "a reward model")
        let (target, reward) = (TinyModels.folder("llama-biased"), TinyModels.folder("qwen2-reward"))
        try Command.specsearch.assertRefuses(
            ["generate", "--model", reward, "--tokens", "1,2"], code: 65, saying: "a reward model")
        try Command.specsearch.assertRefuses(
            ["generate", "--model", target, "--draft", reward, "--tokens", "1,2"], code: 65, saying: "a reward model")
    }

    func testBrokenTokenizersAreNamed() throws {
        let model = try ModelCopy(of: TinyModels.bundled("qwen/draft"))
        func assertBothRefuse(code: Int32, saying words: String, line: UInt = #line) throws {
            for arguments in [
                ["tokenize", "--model", model.path], ["generate", "--model", model.path, "--prompt", "Q: 1 + 1?"],
            ] {
                try Command.specsearch.assertRefuses(arguments, code: code, saying: words, input: "a\n", line: line)
            }
        }
        let pieces = try XCTUnwrap(try model.json("tokenizer.json")["model"])
        try model.setField("model", to: pieces.with("type", "Unigram"), in: "tokenizer.json")
        try assertBothRefuse(code: 65, saying: "Unigram")
        try model.write("{", to: "tokenizer.json")
        try assertBothRefuse(code: 65, saying: "tokenizer.json")
        try model.remove("tokenizer.json")
        try assertBothRefuse(code: 66, saying: "tokenizer.json")
    }
}
