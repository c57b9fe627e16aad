import Foundation
import JSON
import Safetensors
import TestSupport
import XCTest

/// `convert` reads GGUF files: the model, its tokenizer, and the order of Llama's rows.
final class ConvertGGUFTests: XCTestCase {
    private func stories() throws -> String {
        guard let data = ProcessInfo.processInfo.environment["SPECSEARCH_DATA"] else {
            throw XCTSkip("SPECSEARCH_DATA names no folder with stories260K")
        }
        return data + "/stories260K"
    }

    func testStoriesComputeAndTokenizeAsTheFolderDoes() throws {
        let (folder, output) = (try stories(), try ModelCopy(of: TinyModels.folder("llama-grouped")))
        let converted = output.path(of: "stories")
        let result = try Command.convert.run([folder + "/stories260K.gguf", converted, "--precision", "f32"])
        XCTAssertEqual(result.status, 0, result.standardError)
        let arguments = ["--tokens", "1,403,407,261,378", "--threads", "1"]
        XCTAssertEqual(
            try Command.specsearch.run(["logits", "--model", converted] + arguments).standardOutput,
            try Command.specsearch.run(["logits", "--model", folder] + arguments).standardOutput)
        let golden = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: folder + "/golden-ids.json"))))
        let ids = try XCTUnwrap(golden.array?.compactMap(\.int))
        let written = try Command.specsearch.run([
            "generate", "--model", converted, "--prompt", "Once upon a time", "--max-tokens", "100", "--json",
        ])
        XCTAssertEqual(try written.json()["tokens"]?.array?.compactMap(\.int), Array(ids[5..<105]))
    }

    /// Weights, rotary positions, the order of Llama's rows and the tokenizer come back whole.
    func testWhatIsWrittenIsReadBack() throws {
        let tokens = ["--tokens", "1,4,9,16,25", "--threads", "1"]
        let bundled = TinyModels.families.map { TinyModels.bundled($0 + "/target") }
        let tiny = ["llama-grouped", "llama-biased", "qwen2-sharded", "qwen3-grouped"].map(TinyModels.folder)
        for (index, folder) in (bundled + tiny).enumerated() {
            let output = try ModelCopy(of: TinyModels.folder("llama-grouped"))
            let (file, back) = (output.path(of: "model.gguf"), output.path(of: "back"))
            try Command.convert.assertSucceeds([folder, file, "--precision", "f32"])
            try Command.convert.assertSucceeds([file, back, "--precision", "f32"])
            XCTAssertEqual(
                try Command.specsearch.run(["logits", "--model", back] + tokens).standardOutput,
                try Command.specsearch.run(["logits", "--model", folder] + tokens).standardOutput, folder)
            guard index < bundled.count else { continue }
            let text = "Reach 24 from 4 6.\u{20}\u{20}It's 3+4, né 123456?\n"
            for model in [folder, back] {
                let ids = try Command.specsearch.run(["tokenize", "--model", model], input: text).standardOutput
                XCTAssertTrue(ids.hasPrefix("[") && ids.utf8.count > 40, ids)
                XCTAssertEqual(
                    ids, try Command.specsearch.run(["tokenize", "--model", folder], input: text).standardOutput)
            }
        }
    }

    /// The rounded weights of a file are those that a reader of it computes with.
    func testWrittenPrecisionsAreClose() throws {
        let output = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        let bytes = try ["f32", "bf16", "int8", "int4"].map { precision in
            let file = output.path(of: precision + ".gguf")
            try Command.convert.assertSucceeds([TinyModels.bundled("llama/target"), file, "--precision", precision])
            return try XCTUnwrap(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
        }
        for (bits, size) in zip([32.0, 16, 8.5, 4.5], bytes) {
            XCTAssertEqual(Double(size) * 8 / 2_690_000, bits, accuracy: 0.1 * bits)
        }
    }

    func testFilesThatCannotBeWrittenAreRefused() throws {
        let output = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        let (model, file) = (TinyModels.folder("llama-grouped"), output.path(of: "model.gguf"))
        try Command.convert.assertRefuses(
            [TinyModels.folder("qwen2-reward"), file], code: 65, saying: "reward model", "Write a folder")
        try Command.convert.assertRefuses(
            [TinyModels.folder("qwen3-wide-heads"), file], code: 65, saying: "biases that llama.cpp")
        try Command.convert.assertRefuses([model, output.path(of: "none/x.gguf")], code: 66, saying: "none")
        try Command.convert.assertSucceeds([model, file])
        try Command.convert.assertRefuses([model, file], code: 64, saying: "--force")
        try Command.convert.assertRefuses([file, file, "--force"], code: 64, saying: "the input")
        try Command.convert.assertSucceeds([model, file, "--force", "--precision", "f16"])
    }

    /// Rows that are put in another order must be as many as the heads have.
    func testHeadsThatDoNotFitTheirTensorsAreRefused() throws {
        let name = "model.layers.0.self_attn.k_proj.weight"
        for shape in [[1, 1], [3, 24]] {
            let changed = try ModelCopy(of: TinyModels.folder("llama-grouped"))
            try changed.changeTensors { tensors in
                guard let place = tensors.firstIndex(where: { $0.name == name }) else { return XCTFail(name) }
                tensors[place].shape = shape
                tensors[place].bytes = Array(repeating: 0, count: shape[0] * shape[1] * 4)
            }
            try Command.convert.assertRefuses(
                [changed.path, changed.path(of: "x.gguf")], code: 65, saying: name, "config.json")
        }
        let output = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        try Command.convert.assertSucceeds([output.path, output.path(of: "x.gguf")])
        let url = URL(fileURLWithPath: output.path(of: "x.gguf"))
        var file = try Data(contentsOf: url)
        // The key, its type (an unsigned integer of 32 bits), and the value.
        let entry = try XCTUnwrap(file.range(of: Data("llama.attention.head_count".utf8) + [4, 0, 0, 0]))
        file[entry.upperBound] = 1
        try file.write(to: url)
        try Command.convert.assertRefuses(
            [url.path, output.path(of: "back")], code: 65, saying: "attn_q", "its heads have")
    }

    func testFilesThatAreNoModelsAreRefused() throws {
        let folder = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        let output = folder.path(of: "output")
        try folder.write("GGUF", to: "short.gguf")
        try Command.convert.assertRefuses([folder.path(of: "short.gguf"), output], code: 65, saying: "short.gguf")
        let fixture = RepositoryRoot.path(of: "Tests/GGUFTests/Fixtures/every-type.gguf")
        try Command.convert.assertRefuses([fixture, output], code: 65, saying: "llama.attention.head_count", "missing")
        XCTAssertFalse(FileManager.default.fileExists(atPath: output))
    }
}
