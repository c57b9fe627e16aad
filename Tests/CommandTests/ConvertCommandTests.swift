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

    private func logits(_ folder: String) throws -> [Float] {
        let arguments = ["logits", "--model", folder, "--tokens", "1,2,3,4,5", "--threads", "1"]
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
        try Command.convert.assertMisused([source, "out", "--max-shard-size", "0"], saying: "--max-shard-size")
    }
}
