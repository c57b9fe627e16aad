import Foundation
import TestSupport
import XCTest

/// Text files that are larger than any of their kind are refused before anything is read from them.
final class LargeFileTests: XCTestCase {
    /// Makes a file so large, of which nothing is on the disk.
    private func enlarge(_ name: String, in folder: ModelCopy, toMegabytes size: Int) throws {
        if !FileManager.default.fileExists(atPath: folder.path(of: name)) { try folder.write("", to: name) }
        XCTAssertEqual(truncate(folder.path(of: name), off_t(size << 20)), 0)
    }

    func testFilesOfAModel() throws {
        let sizes = [
            ("config.json", 2), ("generation_config.json", 2), ("tokenizer.json", 257), ("tokenizer_config.json", 257),
            ("chat_template.jinja", 65),
        ]
        for (name, size) in sizes {
            let model = try ModelCopy(of: TinyModels.bundled("qwen/draft"))
            try enlarge(name, in: model, toMegabytes: size)
            try Command.specsearch.assertRefuses(
                ["generate", "--model", model.path, "--prompt", "x"], code: 65, saying: name, "has \(size << 20) bytes")
        }
    }

    func testTheIndexOfShards() throws {
        let model = try ModelCopy(of: TinyModels.folder("qwen2-sharded"))
        try enlarge("model.safetensors.index.json", in: model, toMegabytes: 96)
        try Command.specsearch.assertRefuses(
            ["logits", "--model", model.path, "--tokens", "1"], code: 65, saying: "index.json", "has \(96 << 20) bytes")
    }

    func testTheFileOfABundle() throws {
        let bundle = try ModelCopy(of: RepositoryRoot.path(of: "Weights/qwen"))
        try enlarge("bundle.json", in: bundle, toMegabytes: 2)
        try Command.specsearch.assertRefuses(
            ["solve", "x", "--bundle", bundle.path], code: 65, saying: "bundle.json", "has \(2 << 20) bytes")
    }
}
