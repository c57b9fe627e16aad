import Foundation
import JSON
import TestSupport
import Transformer
import XCTest

/// What a `config.json` says is what the model is.
final class ConfigurationTests: XCTestCase {
    private let llama: JSONValue = [
        "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 5,
        "num_attention_heads": 8, "num_key_value_heads": .null, "vocab_size": 512, "max_position_embeddings": 128,
    ]

    private func configuration(_ json: JSONValue, generation: JSONValue? = nil) throws -> ModelConfiguration {
        try ModelConfiguration(json: json, generation: generation)
    }

    func testFieldsThatAreMissingHaveTheFamiliesDefaults() throws {
        let read = try configuration(llama)
        XCTAssertEqual(read.family, .llama)
        XCTAssertEqual(read.head, .vocabulary)
        XCTAssertEqual(read.keyValueHeads, 8, "one for each head of queries")
        XCTAssertEqual(read.headSize, 8, "the width divided among the heads")
        XCTAssertEqual(read.normEpsilon, 1e-6)
        XCTAssertEqual(read.rotary, RotaryPositions(theta: 10_000, scaling: .none))
        XCTAssertFalse(read.tiesOutput)
        XCTAssertEqual(read.endTokens, [2])
        let qwen3 = try configuration(llama.with("architectures", ["Qwen3ForCausalLM"]))
        XCTAssertEqual(qwen3.headSize, 128, "whatever width and heads are")
    }

    func testFamiliesDifferInBiasesAndNorms() throws {
        func flags(_ architecture: JSONValue, _ field: String? = nil) throws -> [Bool] {
            let json = llama.with("architectures", [architecture])
            let read = try configuration(field.map { json.with($0, true) } ?? json)
            return [
                read.hasQueryKeyValueBias, read.hasAttentionOutputBias, read.hasFeedForwardBias, read.hasQueryKeyNorm,
            ]
        }
        XCTAssertEqual(try flags("LlamaForCausalLM"), [false, false, false, false])
        XCTAssertEqual(try flags("LlamaForCausalLM", "attention_bias"), [true, true, false, false])
        XCTAssertEqual(try flags("LlamaForCausalLM", "mlp_bias"), [false, false, true, false])
        XCTAssertEqual(try flags("Qwen2ForCausalLM"), [true, false, false, false])
        XCTAssertEqual(try flags("Qwen2ForCausalLM", "mlp_bias"), [true, false, false, false])
        XCTAssertEqual(try flags("Qwen3ForCausalLM"), [false, false, false, true])
        XCTAssertEqual(try flags("Qwen3ForCausalLM", "attention_bias"), [true, true, false, true])
    }

    func testRewardModelsHaveTheirOwnHead() throws {
        for architecture in ["Qwen2ForProcessRewardModel", "Qwen3ForProcessRewardModel"] {
            let read = try configuration(llama.with("architectures", [.string(architecture)]))
            XCTAssertEqual(read.head, .stepClasses)
            XCTAssertEqual(read.outputWidth, 2)
        }
        XCTAssertEqual(try configuration(llama).outputWidth, 512)
    }

    func testBothDialectsGiveEqualConfigurations() throws {
        let scaling: JSONValue = [
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        ]
        let top = llama.with("rope_theta", 500_000.0)
        let nested = try configuration(llama.with("rope_parameters", scaling.with("rope_theta", 500_000)))
        XCTAssertEqual(nested, try configuration(top.with("rope_scaling", scaling)))
        let olderName = scaling.with("rope_type", nil).with("type", "llama3")
        XCTAssertEqual(nested, try configuration(top.with("rope_scaling", olderName)))
        XCTAssertEqual(
            nested.rotary,
            RotaryPositions(
                theta: 500_000,
                scaling: .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192)))
        let plain = try configuration(top)
        XCTAssertEqual(plain, try configuration(top.with("rope_scaling", .null)))
        XCTAssertEqual(plain, try configuration(top.with("rope_scaling", ["rope_type": "default"])))
        XCTAssertEqual(
            plain, try configuration(llama.with("rope_parameters", ["rope_type": "default", "rope_theta": 500_000])))
        XCTAssertEqual(plain, try configuration(top.with("rope_parameters", ["rope_type": "default"])))
    }

    func testTinyCheckpointsOfOneFamilyAreReadInEitherDialect() throws {
        for name in TinyModels.float32 + TinyModels.bfloat16 + [TinyModels.reward] {
            let read = try ModelConfiguration(folder: TinyModels.folder(name))
            XCTAssertEqual(read.family, ModelConfiguration.Family(rawValue: String(name.prefix { $0 != "-" })), name)
        }
        guard
            case .llama3(8, 1, 4, 64) = try ModelConfiguration(folder: TinyModels.folder("llama-scaled")).rotary.scaling,
            case .llama3(32, 1, 4, 256) = try ModelConfiguration(folder: TinyModels.folder("llama-sharded")).rotary
                .scaling
        else { return XCTFail("rope_scaling and rope_parameters scale") }
    }

    func testEndTokensOfBothFilesCount() throws {
        XCTAssertEqual(try configuration(llama.with("eos_token_id", 2)).endTokens, [2])
        XCTAssertEqual(try configuration(llama.with("eos_token_id", [7, 2])).endTokens, [7, 2])
        XCTAssertEqual(
            try configuration(llama.with("eos_token_id", 2), generation: ["eos_token_id": [2, 9]]).endTokens, [2, 9])
        XCTAssertEqual(try configuration(llama, generation: ["eos_token_id": 9]).endTokens, [9])
        XCTAssertEqual(try configuration(llama.with("eos_token_id", .null), generation: [:]).endTokens, [])
    }

    func testTheFirstKnownArchitectureCounts() throws {
        let names: JSONValue = ["SomethingElse", "Qwen2ForCausalLM", "LlamaForCausalLM"]
        XCTAssertEqual(try configuration(llama.with("architectures", names)).family, .qwen2)
    }

    func testPublishedConfigurationsAreReadOrRefusedByName() throws {
        guard let data = ProcessInfo.processInfo.environment["SPECSEARCH_DATA"] else {
            throw XCTSkip("SPECSEARCH_DATA is not set: its folder configs holds published config.json files")
        }
        let expected: [(file: String, shape: [Int], theta: Double, scales: Bool)] = [
            ("Llama-3.2-1B-Instruct.config.cleaned.json", [2048, 16, 32, 8, 64, 8192, 128_256], 500_000, false),
            ("Qwen2-1.5B-Instruct.config.cleaned.json", [1536, 28, 12, 2, 128, 8960, 151_936], 1_000_000, false),
            ("Qwen2.5-0.5B-Instruct.config.cleaned.json", [896, 24, 14, 2, 64, 4864, 151_936], 1_000_000, false),
            ("Qwen3-0.6B.config.json", [1024, 28, 16, 8, 128, 3072, 151_936], 1_000_000, false),
            ("mediatek_Qwen3-4B.config.json", [2560, 36, 32, 8, 128, 9728, 151_936], 1_000_000, false),
            (
                "open-instruct_llama3.1-8b_rope_llama3.config.json", [4096, 32, 32, 8, 128, 14_336, 128_264], 500_000,
                true
            ),
        ]
        for (file, shape, theta, scales) in expected {
            let read = try configuration(json(data + "/configs/" + file))
            XCTAssertEqual(
                [
                    read.width, read.layers, read.heads, read.keyValueHeads, read.headSize, read.feedForwardWidth,
                    read.vocabularySize,
                ], shape, file)
            XCTAssertEqual(read.rotary.theta, theta, file)
            XCTAssertEqual(read.rotary.scaling != .none, scales, file)
            XCTAssertEqual(read.endTokens.count, 1, file)
        }
        let nameless = try json(data + "/configs/mllm_tinyllama-1.1b.config.json")
        XCTAssertThrowsError(try configuration(nameless)) { error in
            guard case .unsupportedArchitecture("not given", _)? = error as? LoadError else {
                return XCTFail("\(error)")
            }
        }
        XCTAssertEqual(try configuration(nameless.with("architectures", ["LlamaForCausalLM"])).headSize, 64)
        let files = try FileManager.default.contentsOfDirectory(atPath: data + "/configs")
        XCTAssertEqual(files.count, expected.count + 1, "every file is looked at")
    }

    private func json(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path))))
    }
}
