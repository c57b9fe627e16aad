import Foundation
import JSON
import Safetensors
import TestSupport
import XCTest

/// `convert`: what it writes can be read, and holds the same numbers, rounded once.
final class ConvertCommandTests: XCTestCase {
    private let source = TinyModels.folder("llama-grouped")

    private func convert(_ input: String, _ output: String, _ options: String...) throws {
        let result = try Command.convert.run([input, output] + options)
        XCTAssertTrue(result.hasExited && result.status == 0, result.standardError)
        XCTAssertEqual(result.standardOutput, "")
        XCTAssertEqual(result.errorLines.count, 1, result.standardError)
    }

    private func logits(_ folder: String, _ options: String...) throws -> [Float] {
        let arguments = ["logits", "--model", folder, "--tokens", "1,2,3,4,5", "--threads", "1"] + options
        return try XCTUnwrap(try Command.specsearch.run(arguments).json()["logits"]?.array?.first?.floats)
    }

    private func floats(_ folder: String) throws -> [String: [Float]] {
        var floats: [String: [Float]] = [:]
        try ModelCopy(of: folder).changeTensors { for tensor in $0 { floats[tensor.name] = tensor.floats } }
        return floats
    }

    private func emptyFolder() throws -> ModelCopy {
        let folder = try ModelCopy(of: source)
        try folder.remove("config.json")
        try folder.remove("model.safetensors")
        return folder
    }

    func testWideningRoundedWeightsGivesTheRoundedModel() throws {
        let folder = try emptyFolder()
        let (narrow, wide) = (folder.path(of: "narrow"), folder.path(of: "wide"))
        try convert(source, narrow, "--precision", "bf16")
        try convert(narrow, wide, "--precision", "f32")
        let rounded = try floats(source).mapValues { $0.map { Float(bfloat16Bits: $0.bfloat16Bits) } }
        XCTAssertEqual(try floats(narrow), rounded)
        XCTAssertEqual(try floats(wide), rounded)
        XCTAssertEqual(try logits(narrow), try logits(wide), "widening is exact")
        XCTAssertFalse(Close(try logits(wide), try logits(source), within: 1e-4).holds, "rounding is visible")
        assertClose(try logits(wide), try logits(source), within: 0.5, "rounding is small")
        XCTAssertEqual(try ModelCopy(of: narrow).json("config.json")["torch_dtype"], "bfloat16")
        XCTAssertEqual(try ModelCopy(of: wide).json("config.json")["torch_dtype"], "float32")
    }

    func testPackedWeightsComputeAsThoseThatAreRoundedWhileLoading() throws {
        let folder = try emptyFolder()
        for model in [TinyModels.bundled("qwen/draft"), TinyModels.bundled("llama/target")] {
            for precision in ["int8", "int4"] {
                let packed = folder.path(of: "\(precision)-\(model.hash)")
                try convert(model, packed, "--precision", precision, "--max-shard-size", "100kB")
                let names = try SafetensorsFolder(contentsOf: packed).tensors.map(\.name)
                XCTAssertTrue(names.contains { $0.hasSuffix("q_proj.weight.\(precision)") }, "\(names)")
                XCTAssertTrue(names.contains("model.embed_tokens.weight.int8"))
                XCTAssertEqual(try logits(packed), try logits(model, "--precision", precision), precision)
                XCTAssertEqual(try logits(packed), try logits(packed, "--precision", precision))
                XCTAssertNotEqual(try logits(packed), try logits(model))
            }
        }
    }

    func testTheHeadCanBeKeptWider() throws {
        let folder = try emptyFolder()
        for (head, type) in [("bf16", ElementType.bfloat16), ("int4", .uint8)] {
            let packed = folder.path(of: head)
            try convert(TinyModels.bundled("qwen/draft"), packed, "--precision", "int4", "--head", head)
            let name = "model.embed_tokens.weight" + (head == "int4" ? ".int4" : "")
            XCTAssertEqual(try SafetensorsFolder(contentsOf: packed).tensor(named: name)?.elementType, type)
            XCTAssertTrue(try logits(packed).allSatisfy(\.isFinite))
        }
    }

    func testWidthsThatDoNotFitStayFloats() throws {
        let folder = try emptyFolder()
        let (packed, rounded) = (folder.path(of: "packed"), folder.path(of: "rounded"))
        try convert(TinyModels.folder("llama-sharded"), packed, "--precision", "int8")
        try convert(TinyModels.folder("llama-sharded"), rounded, "--precision", "bf16")
        XCTAssertTrue(try SafetensorsFolder(contentsOf: packed).tensors.allSatisfy { $0.elementType == .bfloat16 })
        XCTAssertEqual(try logits(packed), try logits(rounded))
    }

    func testPackedWeightsThatDoNotFitTheConfigurationAreRefused() throws {
        let folder = try emptyFolder()
        let packed = folder.path(of: "packed")
        try convert(TinyModels.bundled("qwen/draft"), packed, "--precision", "int8")
        let arguments = ["logits", "--model", packed, "--tokens", "1"]
        try Command.specsearch.assertRefuses(
            arguments + ["--precision", "int4"], code: 64, saying: "int8", "int4", "Leave the precision out")
        try Command.convert.assertRefuses([packed, folder.path(of: "again")], code: 65, saying: "specsearch")
        let name = "model.layers.0.mlp.up_proj.weight"
        let damages: [(String, (inout StoredTensor) -> Void)] = [
            (
                "scales",
                {
                    $0.shape[0] -= 1; $0.bytes.removeLast($0.bytes.count / ($0.shape[0] + 1))
                }
            ),
            ("scales", { $0.elementType = .float16 }), ("scales", { $0.name = "other" }),
            ("int8", { $0.shape = [$0.bytes.count] }), ("int8", { $0.elementType = .int8 }),
            ("int8", { $0.name = "\(name).int4" }),
        ]
        for (suffix, damage) in damages {
            let model = try ModelCopy(of: packed)
            try model.changeTensors { tensors in
                for index in tensors.indices where tensors[index].name == "\(name).\(suffix)" {
                    damage(&tensors[index])
                }
            }
            try Command.specsearch.assertRefuses(
                ["logits", "--model", model.path, "--tokens", "1"], code: 65, saying: name)
        }
        let model = try ModelCopy(of: packed)
        for damage: JSONValue in [["quant_method": "specsearch", "bits": 8, "group_size": 64, "version": 1], .null] {
            try model.setField("quantization_config", to: damage)
            try Command.specsearch.assertRefuses(["logits", "--model", model.path, "--tokens", "1"], code: 65)
        }
    }

    func testShardsHoldWhatOneFileHeld() throws {
        let folder = try emptyFolder()
        let (sharded, whole) = (folder.path(of: "sharded"), folder.path(of: "whole"))
        try convert(source, sharded, "--precision", "f32", "--max-shard-size", "100kB")
        XCTAssertGreaterThan(try SafetensorsFolder(contentsOf: sharded).files.count, 2)
        try convert(sharded, whole, "--precision", "f32")
        XCTAssertEqual(try floats(whole), try floats(source))
        XCTAssertEqual(try logits(sharded), try logits(source))
    }

    func testTokenizersTravelWithTheWeights() throws {
        let folder = try emptyFolder()
        try convert(TinyModels.bundled("qwen/draft"), folder.path(of: "draft"), "--precision", "f16")
        let arguments = ["generate", "--model", folder.path(of: "draft"), "--prompt", "Q: Reach 14 from 3 9 12 14.\n"]
        XCTAssertTrue(try Command.specsearch.run(arguments).standardOutput.contains(" = "))
    }

    func testWhatIsThereStaysUnlessForced() throws {
        let folder = try ModelCopy(of: TinyModels.folder("qwen2-single"))
        let before = try floats(folder.path)
        try Command.convert.assertRefuses([source, folder.path], code: 64, saying: "not empty", "--force")
        XCTAssertEqual(try floats(folder.path), before)
        try convert(source, folder.path, "--precision", "f32", "--force")
        XCTAssertEqual(try floats(folder.path), try floats(source))
        try folder.write("mine", to: "notes.md")
        try Command.convert.assertRefuses([source, folder.path, "--force"], code: 64, saying: "notes.md")
        XCTAssertEqual(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted(),
            ["config.json", "model.safetensors", "notes.md"])
    }

    func testInputThatCannotBeConvertedIsRefused() throws {
        let folder = try ModelCopy(of: source)
        let output = folder.path(of: "output")
        try Command.convert.assertRefuses([folder.path(of: "nowhere"), output], code: 66, saying: "nowhere")
        try Command.convert.assertRefuses([folder.path, folder.path], code: 64, saying: folder.path)
        try Command.convert.assertRefuses([folder.path, folder.path(of: "a/b")], code: 66, saying: "/a")
        try Command.convert.assertRefuses([folder.path, folder.path(of: "config.json")], code: 64, saying: "folder")
        try folder.setField("quantization_config", to: ["quant_method": "gptq"])
        try Command.convert.assertRefuses([folder.path, output], code: 65, saying: "gptq")
        try folder.setField("quantization_config", to: nil)
        try folder.truncate("model.safetensors", toBytes: 200_000)
        try Command.convert.assertRefuses([folder.path, output], code: 65, saying: "model.safetensors")
        try folder.remove("model.safetensors")
        try Command.convert.assertRefuses([folder.path, output], code: 66, saying: folder.path)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), ["config.json"])
    }

    func testWrongOptionsAreRefused() throws {
        try Command.convert.assertMisused([source], saying: "<out>")
        try Command.convert.assertMisused([source, "out", "--precision", "int3"], saying: "int3")
        try Command.convert.assertMisused([source, "out", "--head", "int8"], saying: "--head")
        try Command.convert.assertMisused([source, "out", "--precision", "int8", "--head", "f32"], saying: "--head")
        try Command.convert.assertMisused([source, "out", "--max-shard-size", "0"], saying: "--max-shard-size")
    }
}
