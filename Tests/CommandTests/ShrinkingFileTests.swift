#if os(Linux)
import Foundation
import JSON
import Safetensors
import TestSupport
import XCTest

/// A model's file that is cut short while a program reads it ends the program with a line and an exit code, not a crash.
final class ShrinkingFileTests: XCTestCase {
    private static let rows = 1 << 20

    /// A model whose embeddings are 256 MB of nothing, which take the disk no room.
    private func largeModel() throws -> ModelCopy {
        let model = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        let width = try XCTUnwrap(model.json("config.json")["hidden_size"]?.int)
        try model.setField("vocab_size", to: .integer(Self.rows))
        try model.changeTensors { tensors in
            tensors.removeAll { $0.name == "model.embed_tokens.weight" || $0.name == "lm_head.weight" }
        }
        let path = model.path(of: "model.safetensors")
        let small = try SafetensorsFile(contentsOf: path)
        var header = JSONObject()
        for info in small.tensors {
            header.set(info.name, Self.entry(info.elementType.rawValue, info.shape, info.byteRange))
        }
        let start = small.header.dataBytes
        let range = start..<start + Self.rows * width * 4
        header.set("model.embed_tokens.weight", Self.entry("F32", [Self.rows, width], range))
        let text = Array(JSONValue.object(header).serialized().utf8)
        var file = Data((0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text)
        for tensor in small.tensors { file += small.tensor(named: tensor.name).map { Data($0.bytes) } ?? Data() }
        try file.write(to: URL(fileURLWithPath: path))
        XCTAssertEqual(truncate(path, off_t(8 + text.count + range.upperBound)), 0)
        try model.setField("tie_word_embeddings", to: true)
        return model
    }

    private static func entry(_ type: String, _ shape: [Int], _ range: Range<Int>) -> JSONValue {
        [
            "dtype": .string(type), "shape": .array(shape.map { .integer($0) }),
            "data_offsets": [.integer(range.lowerBound), .integer(range.upperBound)],
        ]
    }

    /// Cuts the file as soon as the program has mapped it; true if the program then met a page that is gone.
    private func endsAtALostPage(_ command: Command, _ arguments: [String], _ model: ModelCopy) throws -> Bool {
        let path = model.path(of: "model.safetensors")
        let result = try command.run(arguments) { process in
            while let maps = try? String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8), !maps.isEmpty {
                guard maps.contains(path) else { continue }
                XCTAssertEqual(truncate(path, 65_536), 0)
                return
            }
        }
        XCTAssertTrue(result.hasExited, "signal \(result.status)")
        XCTAssertEqual(result.standardOutput, "")
        // Quick programs are done before, or find at the end that the file has changed.
        guard result.status != 0 else { return false }
        XCTAssertEqual(result.status, 65, result.standardError)
        XCTAssertEqual(result.errorLines.count, 1, result.standardError)
        return result.standardError.contains("became shorter while it was read")
    }

    func testProgramsSaySo() throws {
        for (command, arguments) in [(Command.specsearch, ["logits", "--tokens", "1", "--model"]), (.convert, [])] {
            var met = false
            for _ in 0..<20 where !met {
                let model = try largeModel()
                let output = command.name == "convert" ? [model.path(of: "out")] : []
                met = try endsAtALostPage(command, arguments + [model.path] + output, model)
            }
            XCTAssertTrue(met, "\(command.name) never met a lost page")
        }
    }
}
#endif
