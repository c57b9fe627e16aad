import Compute
import JSON
import TestSupport
import Transformer
import XCTest

/// The goldens can tell a wrong model: every mistake of this list moves some logit by ten times the bound of parity.
///
/// Tools/parity/check_teeth.py shows the same with `transformers` itself; here it is our own model that is wrong.
final class TeethTests: XCTestCase {
    private let arithmetic = Arithmetic(team: ThreadTeam(threads: 2))

    /// The largest difference from the golden over all prompts, in units of the bound.
    private func multipleOfBound(_ folder: String, _ golden: Golden) throws -> Float {
        let model = try LanguageModel(contentsOf: folder)
        return golden.prompts.reduce(0) { worst, prompt in
            let found = PathRunner(model, arithmetic: arithmetic).append(prompt.tokens)
            let bound = Close.parityBound(prompt.logits)
            return max(worst, Close(found, prompt.logits, within: bound).largestDifference / bound)
        }
    }

    /// Fails unless the mistake is seen, and the checkpoint without it is right.
    private func assertSees(
        _ mistake: String, in name: String, line: UInt = #line, _ change: (ModelCopy) throws -> Void
    ) throws {
        let golden = try Golden(name)
        let copy = try ModelCopy(of: TinyModels.folder(name))
        XCTAssertLessThanOrEqual(try multipleOfBound(copy.path, golden), 1, name, line: line)
        try change(copy)
        let multiple = try multipleOfBound(copy.path, golden)
        XCTAssertGreaterThanOrEqual(multiple, 10, "\(name), \(mistake)", line: line)
        XCTAssertTrue(multiple.isFinite, "\(name), \(mistake)", line: line)
    }

    // MARK: Configurations

    func testAnotherThetaIsSeen() throws {
        for name in TinyModels.float32 + TinyModels.bfloat16 {
            try assertSees("θ doubled", in: name) { copy in
                let json = try copy.json("config.json")
                if let section = json["rope_parameters"], let theta = section["rope_theta"]?.double {
                    try copy.setField("rope_parameters", to: section.with("rope_theta", .number(2 * theta)))
                } else {
                    let theta = try XCTUnwrap(json["rope_theta"]?.double)
                    try copy.setField("rope_theta", to: .number(2 * theta))
                }
            }
        }
    }

    func testAnotherEpsilonIsSeen() throws {
        for name in ["llama-grouped", "qwen2-wide-heads", "qwen3-grouped"] {
            for epsilon in [1e-6, 1e-3] {
                try assertSees("eps \(epsilon)", in: name) { try $0.setField("rms_norm_eps", to: .number(epsilon)) }
            }
        }
    }

    func testEveryNumberOfTheLlama3ScalingIsSeen() throws {
        for (name, section) in [("llama-scaled", "rope_scaling"), ("llama-sharded", "rope_parameters")] {
            for (field, factor) in [
                ("factor", 0.5), ("low_freq_factor", 2), ("high_freq_factor", 0.5),
                ("original_max_position_embeddings", 2),
            ] {
                try assertSees("\(field) times \(factor)", in: name) { copy in
                    let scaling = try XCTUnwrap(try copy.json("config.json")[section])
                    let changed = try XCTUnwrap(scaling[field]?.double) * factor
                    let isCount = field == "original_max_position_embeddings"
                    try copy.setField(
                        section, to: scaling.with(field, isCount ? .integer(Int(changed)) : .number(changed)))
                }
            }
            try assertSees("no scaling", in: name) { copy in
                let scaling = try XCTUnwrap(try copy.json("config.json")[section])
                try copy.setField(section, to: scaling.with("rope_type", "default"))
            }
        }
    }

    func testAFamilysBiasesAndNormsAreSeen() throws {
        try assertSees("no attention bias", in: "llama-biased") { try $0.setField("attention_bias", to: false) }
        try assertSees("no feed-forward bias", in: "llama-biased") { try $0.setField("mlp_bias", to: false) }
        for name in TinyModels.qwen2 {
            // Llama is Qwen2 without biases, and Qwen3 without query-key norm.
            try assertSees("no biases", in: name) { try $0.setField("architectures", to: ["LlamaForCausalLM"]) }
        }
        for name in TinyModels.qwen3 {
            try assertSees("no query-key norm", in: name) {
                try $0.setField("architectures", to: ["LlamaForCausalLM"])
            }
        }
    }

    func testATiedOutputIsSeen() throws {
        for name in ["llama-grouped", "qwen2-wide-heads", "qwen3-wide-heads"] {
            try assertSees("tied", in: name) {
                try $0.setField("tie_word_embeddings", to: true)
                try $0.changeTensors { $0.removeAll { $0.name == "lm_head.weight" } }
            }
        }
    }

    func testHeadsOfAnotherSizeAreSeen() throws {
        // Half as many heads of twice the size: every tensor has the shape that it should have.
        for (name, heads, keyValueHeads, size) in [("llama-grouped", 3, 1, 40), ("qwen2-wide-heads", 2, 1, 80)] {
            try assertSees("wider heads", in: name) { copy in
                try copy.setField("num_attention_heads", to: .integer(heads))
                try copy.setField("num_key_value_heads", to: .integer(keyValueHeads))
                try copy.setField("head_dim", to: .integer(size))
            }
        }
    }

    // MARK: Weights

    private func layers(_ copy: ModelCopy) throws -> Range<Int> {
        0..<(try XCTUnwrap(try copy.json("config.json")["num_hidden_layers"]?.int))
    }

    func testEveryBiasIsSeen() throws {
        let attention = ["q_proj", "k_proj", "v_proj"].map { "self_attn." + $0 }
        let feedForward = ["gate_proj", "up_proj", "down_proj"].map { "mlp." + $0 }
        for (name, parts) in [
            ("llama-biased", attention + ["self_attn.o_proj"] + feedForward), ("qwen2-single", attention),
            ("qwen2-wide-heads", attention), ("qwen3-wide-heads", attention + ["self_attn.o_proj"]),
        ] {
            for part in parts {
                try assertSees("no bias of \(part)", in: name) { copy in
                    for layer in try layers(copy) {
                        try copy.changeFloats(of: "model.layers.\(layer).\(part).bias") { bias in
                            for index in bias.indices { bias[index] = 0 }
                        }
                    }
                }
            }
        }
    }

    func testEveryNormIsSeen() throws {
        for (name, parts) in [
            ("qwen3-grouped", ["self_attn.q_norm", "self_attn.k_norm", "input_layernorm", "post_attention_layernorm"]),
            ("llama-grouped", ["input_layernorm", "post_attention_layernorm"]),
        ] {
            for part in parts {
                try assertSees("\(part) of ones", in: name) { copy in
                    for layer in try layers(copy) {
                        try copy.changeFloats(of: "model.layers.\(layer).\(part).weight") { weights in
                            for index in weights.indices { weights[index] = 1 }
                        }
                    }
                }
            }
            try assertSees("last norm of ones", in: name) { copy in
                try copy.changeFloats(of: "model.norm.weight") { weights in
                    for index in weights.indices { weights[index] = 1 }
                }
            }
        }
    }

    /// Moves whole rows of a matrix of every layer.
    ///
    /// - Parameter source: which old row becomes the new row of this number.
    private func permuteRows(of part: String, in copy: ModelCopy, width: Int, source: (Int) -> Int) throws {
        for layer in try layers(copy) {
            try copy.changeFloats(of: "model.layers.\(layer).\(part).weight") { weights in
                let old = weights
                for row in 0..<old.count / width {
                    weights.replaceSubrange(
                        row * width..<(row + 1) * width, with: old[source(row) * width..<(source(row) + 1) * width])
                }
            }
        }
    }

    func testTheOrderOfHeadsIsSeen() throws {
        let size = 20  // 6 heads of queries, 2 of keys and values.
        try assertSees("first two heads of queries swapped", in: "llama-grouped") { copy in
            try permuteRows(of: "self_attn.q_proj", in: copy, width: 72) { row in
                row < 2 * size ? (row + size) % (2 * size) : row
            }
        }
        for part in ["k_proj", "v_proj"] {
            try assertSees("heads of \(part) swapped", in: "llama-grouped") { copy in
                try permuteRows(of: "self_attn." + part, in: copy, width: 72) { ($0 + size) % (2 * size) }
            }
        }
        try assertSees("heads interleaved among groups", in: "llama-grouped") { copy in
            try permuteRows(of: "self_attn.q_proj", in: copy, width: 72) { row in
                let head = row / size
                return (head % 2 * 3 + head / 2) * size + row % size
            }
        }
    }

    func testTheOrderOfRotaryPairsIsSeen() throws {
        let size = 20
        // Neighbours as pairs, as the first Llama checkpoints have them, instead of halves.
        try assertSees("interleaved pairs", in: "llama-grouped") { copy in
            for part in ["q_proj", "k_proj"] {
                try permuteRows(of: "self_attn." + part, in: copy, width: 72) { row in
                    let element = row % size
                    return row - element + (element < size / 2 ? 2 * element : 2 * (element - size / 2) + 1)
                }
            }
        }
    }

    func testGateAndUpAreNotTheSame() throws {
        for name in ["llama-grouped", "qwen2-single", "qwen3-single"] {
            try assertSees("gate and up swapped", in: name) { copy in
                try copy.changeTensors { tensors in
                    for index in tensors.indices {
                        let name = tensors[index].name
                        if name.hasSuffix("gate_proj.weight") {
                            tensors[index].name = name.dropLast("gate_proj.weight".count) + "up_proj.weight"
                        } else if name.hasSuffix("up_proj.weight") {
                            tensors[index].name = name.dropLast("up_proj.weight".count) + "gate_proj.weight"
                        }
                    }
                }
            }
        }
    }
}
