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
