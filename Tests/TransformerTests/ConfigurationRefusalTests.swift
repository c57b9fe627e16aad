import JSON
import TestSupport
import Transformer
import XCTest

/// A field that would change numbers is honoured or refused by its name.
final class ConfigurationRefusalTests: XCTestCase {
    private let whole: JSONValue = [
        "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 5,
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 8, "vocab_size": 512,
        "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10_000,
    ]
    private let scaling: JSONValue = [
        "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
        "original_max_position_embeddings": 64,
    ]

    /// Fails unless the field is refused for its kind or range.
    private func assertInvalid(
        _ field: String, _ json: JSONValue, file: StaticString = #filePath, line: UInt = #line
    ) {
        XCTAssertThrowsError(try ModelConfiguration(json: json), "\(json[field] ?? "nothing")", file: file, line: line)
        {
            guard case .invalidField(field, let found, let expected)? = $0 as? LoadError else {
                return XCTFail("\($0)", file: file, line: line)
            }
            XCTAssertTrue("\($0)".contains(field) && "\($0)".contains(found), "\($0)", file: file, line: line)
            XCTAssertFalse(expected.isEmpty, file: file, line: line)
        }
    }

    /// Fails unless the field is refused for what it asks for.
    private func assertUnsupported(
        _ field: String, _ json: JSONValue, file: StaticString = #filePath, line: UInt = #line
    ) {
        XCTAssertThrowsError(try ModelConfiguration(json: json), field, file: file, line: line) {
            guard case .unsupportedField(field, _, let supported)? = $0 as? LoadError else {
                return XCTFail("\($0)", file: file, line: line)
            }
            XCTAssertTrue("\($0)".contains(field) && "\($0)".contains(supported), "\($0)", file: file, line: line)
        }
    }

    func testTheWholeConfigurationIsRead() throws {
        XCTAssertNoThrow(try ModelConfiguration(json: whole))
        XCTAssertNoThrow(try ModelConfiguration(json: whole.with("rope_scaling", scaling)))
    }

    /// Found by fuzzing: a file of eight kilobytes came back whole as an error's text.
    func testErrorsStayShortWhateverTheFileHolds() {
        let long = JSONValue.array(Array(repeating: .string(String(repeating: "x", count: 100)), count: 1_000))
        let types = JSONValue.array(Array(repeating: .string(String(repeating: "y", count: 5_000)), count: 5))
        let names = (whole.object?.members ?? []).map(\.name) + ["rope_scaling", "hidden_act", "tie_word_embeddings"]
        let files =
            names.map { whole.with($0, long) } + [
                whole.with("layer_types", types), whole.with("rope_scaling", ["rope_type": long]),
                whole.with(
                    "rope_parameters", JSONValue.object(JSONObject()).with(String(repeating: "z", count: 9_000), [:])),
            ]
        for json in files {
            XCTAssertThrowsError(try ModelConfiguration(json: json)) { XCTAssertLessThan("\($0)".utf8.count, 1_000) }
        }
    }

    func testOtherArchitecturesAreRefused() {
        for names: JSONValue? in [
            nil, .null, [], "LlamaForCausalLM", ["MixtralForCausalLM"], [1], ["llamaforcausallm"],
            ["Qwen3NextForCausalLM"], ["Qwen2ForSequenceClassification"], ["Gemma2ForCausalLM"],
        ] {
            XCTAssertThrowsError(try ModelConfiguration(json: whole.with("architectures", names))) {
                guard case .unsupportedArchitecture(_, let supported)? = $0 as? LoadError else {
                    return XCTFail("\($0)")
                }
                XCTAssertTrue(supported.contains("Qwen3ForCausalLM"))
            }
        }
    }

    func testFieldsWithoutADefaultMustBeThere() {
        for field in [
            "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
            "max_position_embeddings",
        ] {
            assertInvalid(field, whole.with(field, nil))
            assertInvalid(field, whole.with(field, .null))
        }
    }

    func testCountsAreWholeNumbersInTheirRange() {
        let limits = [
            ("hidden_size", 65_536), ("intermediate_size", 1_048_576), ("num_hidden_layers", 1_024),
            ("num_attention_heads", 1_024), ("num_key_value_heads", 1_024), ("head_dim", 1_024),
            ("vocab_size", 4_194_304), ("max_position_embeddings", 16_777_216),
        ]
        for (field, largest) in limits {
            let wrong: [JSONValue] = [
                0, -1, 1.5, 64.0, "64", true, [64], [:], .integer(largest + 1), .integer(.max), .integer(.min),
                .number(1e300), .number(-.infinity), .number(.nan),
            ]
            for value in wrong { assertInvalid(field, whole.with(field, value)) }
        }
    }

    func testNumbersLieInTheirRange() {
        let wrong: [JSONValue] = ["1e-5", true, [1e-5], -1, 0, .number(.nan), .number(.infinity), .number(1e300)]
        for value in wrong {
            assertInvalid("rms_norm_eps", whole.with("rms_norm_eps", value))
            assertInvalid("rope_theta", whole.with("rope_theta", value))
            assertInvalid("rope_theta", whole.with("rope_parameters", ["rope_type": "default", "rope_theta": value]))
        }
        assertInvalid("rms_norm_eps", whole.with("rms_norm_eps", 2))
        assertInvalid("rms_norm_eps", whole.with("rms_norm_eps", 1e-13))
    }

    func testFlagsAreTrueOrFalse() {
        for field in ["tie_word_embeddings", "attention_bias", "mlp_bias"] {
            for value: JSONValue in ["true", 1, 0, []] { assertInvalid(field, whole.with(field, value)) }
        }
    }

    func testHeadsFitEachOther() {
        assertInvalid("num_key_value_heads", whole.with("num_key_value_heads", 3))
        assertInvalid("num_key_value_heads", whole.with("num_key_value_heads", 16))
        assertInvalid("head_dim", whole.with("head_dim", 7))
        assertInvalid("head_dim", whole.with("head_dim", nil).with("num_attention_heads", 12).with("hidden_size", 100))
        assertInvalid("head_dim", whole.with("head_dim", nil).with("hidden_size", 8))
        assertInvalid("head_dim", whole.with("head_dim", nil).with("hidden_size", 40))
    }

    func testEndTokensAreTokens() {
        for value: JSONValue in ["</s>", -1, 1.5, [1, "2"], 4_294_967_296, true] {
            assertInvalid("eos_token_id", whole.with("eos_token_id", value))
            XCTAssertThrowsError(try ModelConfiguration(json: whole, generation: ["eos_token_id": value]))
        }
    }

    func testOtherArithmeticIsRefused() {
        for value: JSONValue in ["gelu", "relu", "gelu_pytorch_tanh", 1] {
            assertUnsupported("hidden_act", whole.with("hidden_act", value))
        }
        assertUnsupported("partial_rotary_factor", whole.with("partial_rotary_factor", 0.5))
        assertUnsupported(
            "partial_rotary_factor",
            whole.with("rope_parameters", ["rope_type": "default", "partial_rotary_factor": 0.25]))
        assertUnsupported("quantization_config", whole.with("quantization_config", ["quant_method": "gptq"]))
        assertUnsupported("quantization_config", whole.with("quantization_config", [:]))
        for value: JSONValue in [true, "false", 1] {
            assertUnsupported("use_sliding_window", whole.with("use_sliding_window", value))
        }
    }

    private let full: JSONValue = "full_attention"
    private let sliding: JSONValue = "sliding_attention"

    func testWindowsAreHonouredOrRefused() throws {
        // Llama has none, whatever its file says.
        assertUnsupported("layer_types", whole.with("layer_types", [full, sliding, full, full, full]))
        let qwen = whole.with("architectures", ["Qwen2ForCausalLM"])
        let windowed = qwen.with("use_sliding_window", true).with("sliding_window", 9)
        for json in [whole, qwen, windowed] {
            assertUnsupported("layer_types", json.with("layer_types", [full, "linear_attention", full, full, full]))
            for value: JSONValue in [[full], [1, 2, 3, 4, 5], "sliding", 1] {
                assertInvalid("layer_types", json.with("layer_types", value))
            }
        }
        assertUnsupported("layer_types", qwen.with("layer_types", [full, sliding, full, full, full]))
        for value: JSONValue in [0, -1, "9", true] {
            assertInvalid("sliding_window", windowed.with("sliding_window", value))
        }
        for value: JSONValue in ["false", 1] {
            assertInvalid("use_sliding_window", qwen.with("use_sliding_window", value))
        }
        XCTAssertNil(try ModelConfiguration(json: qwen.with("sliding_window", 9)).slidingWindow)
        XCTAssertNil(try ModelConfiguration(json: windowed.with("sliding_window", .null)).slidingWindow)
        assertUnsupported(
            "sliding_window",
            windowed.with("sliding_window", .null).with("layer_types", [full, sliding, full, full, full]))
        XCTAssertEqual(try ModelConfiguration(json: windowed).slidingWindow, SlidingWindow(tokens: 9, layers: []))
        XCTAssertEqual(
            try ModelConfiguration(json: windowed.with("max_window_layers", 3)).slidingWindow,
            SlidingWindow(tokens: 9, layers: [3, 4]))
        XCTAssertEqual(
            try ModelConfiguration(json: windowed.with("layer_types", [full, sliding, full, full, sliding]))
                .slidingWindow,
            SlidingWindow(tokens: 9, layers: [1, 4]))
        let mistral = whole.with("architectures", ["MistralForCausalLM"])
        XCTAssertNil(try ModelConfiguration(json: mistral.with("sliding_window", .null)).slidingWindow)
        // transformers takes 4,096 where the field is absent.
        XCTAssertEqual(try ModelConfiguration(json: mistral).slidingWindow?.tokens, 4_096)
    }

    func testExpertsNeedTheirNumbers() throws {
        let experts = whole.with("architectures", ["Qwen2MoeForCausalLM"]).with("num_experts", 6)
            .with("num_experts_per_tok", 2).with("moe_intermediate_size", 20)
            .with("shared_expert_intermediate_size", 24)
        XCTAssertEqual(
            try ModelConfiguration(json: experts).experts,
            ExpertConfiguration(
                count: 6, countPerRow: 2, innerWidth: 20, sharedInnerWidth: 24, normalizesWeights: false, interval: 1,
                layersWithout: []))
        XCTAssertEqual(
            try ModelConfiguration(json: experts.with("num_experts", nil).with("num_local_experts", 8)).experts?.count,
            8)
        for field in ["num_experts_per_tok", "moe_intermediate_size", "shared_expert_intermediate_size"] {
            for value: JSONValue? in [nil, .null, 0, -1, 1.5, "2", .integer(.max)] {
                assertInvalid(field, experts.with(field, value))
            }
        }
        for value: JSONValue in [0, -1, "6", 5_000] { assertInvalid("num_experts", experts.with("num_experts", value)) }
        assertInvalid("num_experts_per_tok", experts.with("num_experts_per_tok", 7))
        for value: JSONValue in [0, 6, "1"] {
            assertInvalid("decoder_sparse_step", experts.with("decoder_sparse_step", value))
        }
        for value: JSONValue in [[5], [-1], ["0"], 0] {
            assertInvalid("mlp_only_layers", experts.with("mlp_only_layers", value))
        }
        assertInvalid("norm_topk_prob", experts.with("norm_topk_prob", 1))
        assertInvalid("qkv_bias", experts.with("qkv_bias", 1))
    }

    func testFieldsThatChangeNothingAreTaken() throws {
        let expected = try ModelConfiguration(json: whole)
        let harmless: [(String, JSONValue)] = [
            ("hidden_act", "silu"), ("partial_rotary_factor", 1.0), ("partial_rotary_factor", 1),
            ("quantization_config", .null), ("use_sliding_window", false), ("sliding_window", 4096),
            ("layer_types", [full, full, full, full, full]), ("layer_types", .null), ("use_cache", false),
            ("attention_dropout", 0.5), ("torch_dtype", "bfloat16"),
            // Code that comes with a checkpoint is never run.
            ("auto_map", ["AutoModelForCausalLM": "evil.Model"]),
        ]
        for (field, value) in harmless {
            XCTAssertEqual(try ModelConfiguration(json: whole.with(field, value)), expected, field)
        }
    }

    func testHeadsThatFollowFromTheWidthAreChecked() {
        let wide = whole.with("head_dim", nil).with("hidden_size", 65_536).with("num_attention_heads", 1)
        assertInvalid("head_dim", wide.with("num_key_value_heads", 1))
    }

    func testFamiliesHaveDefaultsOfTheirOwn() throws {
        let bare = whole.with("num_key_value_heads", nil).with("num_attention_heads", 32).with("hidden_size", 256)
        for (name, heads, ends) in [
            ("LlamaForCausalLM", 32, [2]), ("MistralForCausalLM", 8, [2]), ("Qwen2ForCausalLM", 32, []),
        ] {
            let json = bare.with("architectures", [.string(name)])
            XCTAssertEqual(try ModelConfiguration(json: json).keyValueHeads, heads, name)
            XCTAssertEqual(
                try ModelConfiguration(json: json.with("num_key_value_heads", .null)).keyValueHeads, 32, name)
            XCTAssertEqual(try ModelConfiguration(json: json).endTokens.map(Int.init), ends, name)
            XCTAssertEqual(try ModelConfiguration(json: json.with("eos_token_id", .null)).endTokens, [], name)
            XCTAssertEqual(try ModelConfiguration(json: json, generation: [:]).endTokens, [], name)
        }
        // θ may stand in either section, and counts there first.
        let inner = whole.with("rope_scaling", ["rope_type": "default", "rope_theta": 500.0])
        XCTAssertEqual(try ModelConfiguration(json: inner).rotary.theta, 500)
        assertUnsupported("is_causal", whole.with("is_causal", false))
    }

    func testOtherRotaryScalingsAreRefused() {
        for kind: JSONValue in ["longrope", "su", "mrope", "proportional", "Llama3", 3, .null] {
            for section in ["rope_scaling", "rope_parameters"] {
                assertUnsupported("rope_type", whole.with(section, scaling.with("rope_type", kind)))
            }
            assertUnsupported(
                "rope_type", whole.with("rope_scaling", ["type": kind, "factor": 2]))
        }
    }

    func testScalingsNeedTheirNumbers() {
        let wrong: [JSONValue] = ["8", true, 0, -1, .number(.nan), .number(.infinity), .number(1e30)]
        for field in ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"] {
            // Without the original context a file means the whole one.
            let absent: [JSONValue?] = field == "original_max_position_embeddings" ? [] : [nil, .null]
            for value in absent + wrong { assertInvalid(field, whole.with("rope_scaling", scaling.with(field, value))) }
        }
        for kind: JSONValue in ["linear", "dynamic", "yarn"] {
            for value in wrong {
                assertInvalid("factor", whole.with("rope_scaling", ["rope_type": kind, "factor": value]))
            }
        }
        for field in ["beta_fast", "beta_slow", "mscale", "mscale_all_dim", "attention_factor", "truncate"] {
            for value: JSONValue in ["1", -1, .number(.nan), .number(1e30)] {
                let yarn: JSONValue = ["rope_type": "yarn", "factor": 2, "original_max_position_embeddings": 64]
                assertInvalid(field, whole.with("rope_scaling", yarn.with(field, value)))
            }
        }
        for field in ["beta_fast", "beta_slow"] {
            let yarn: JSONValue = ["rope_type": "yarn", "factor": 2]
            assertInvalid(field, whole.with("rope_scaling", yarn.with(field, 1e-300)))
        }
        // Without a factor it is what the context has grown by.
        assertInvalid(
            "factor", whole.with("rope_scaling", ["rope_type": "yarn", "original_max_position_embeddings": 256]))
        assertInvalid("factor", whole.with("rope_scaling", scaling.with("factor", 0.5)))
        assertInvalid("high_freq_factor", whole.with("rope_scaling", scaling.with("high_freq_factor", 1)))
        assertInvalid("high_freq_factor", whole.with("rope_scaling", scaling.with("low_freq_factor", 4)))
    }

    func testSectionsThatAreNoObjectsAreRefused() {
        for value: JSONValue in ["llama3", 8, true, ["llama3"]] {
            for section in ["rope_scaling", "rope_parameters"] {
                assertInvalid(section, whole.with(section, value))
            }
        }
    }

    func testFilesThatAreNoObjectsAreRefused() {
        for value: JSONValue in [.null, [], "config", 3] {
            XCTAssertThrowsError(try ModelConfiguration(json: value))
        }
    }

    func testRotaryParametersOfSeveralKindsOfLayersOrOfBothDialectsAreRefused() {
        assertUnsupported(
            "rope_parameters", whole.with("rope_parameters", ["full_attention": ["rope_type": "default"]]))
        assertUnsupported(
            "rope_scaling",
            whole.with("rope_parameters", ["rope_type": "default"]).with("rope_scaling", scaling))
    }
}
