import Foundation
import GGUF
import XCTest

/// What is written is read back, and is under its name only when it is complete.
final class WritingTests: XCTestCase {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).gguf").path

    override func tearDown() { try? FileManager.default.removeItem(atPath: path) }

    private let metadata: [(key: String, value: GGUFValue)] = [
        ("general.architecture", .string("llama")), ("a.count", .integer(7)), ("a.negative", .integer(-3)),
        ("a.large", .integer(1 << 40)), ("a.number", .number(0.5)), ("a.flag", .bool(true)),
        ("a.texts", .strings(["a", "", "ü"])), ("a.integers", .integers([1, -2])), ("a.numbers", .numbers([-1.5, 2])),
        ("a.flags", .bools([false, true])), ("a.none", .strings([])),
    ]

    func testWhatIsWrittenIsReadBack() throws {
        let floats = (0..<192).map { Float($0 - 96) / 7 }
        let types = GGUFType.written
        let writer = try GGUFWriter(
            path: path, metadata: metadata,
            tensors: types.map { GGUFWriter.Declaration(name: $0.name, shape: [3, 64], type: $0) })
        XCTAssertFalse(FileManager.default.fileExists(atPath: path))
        for type in types.reversed() {
            let half = 96 / type.blockElements
            var bytes = [UInt8](repeating: 0, count: 2 * half * type.blockBytes)
            bytes.withUnsafeMutableBytes { type.quantize(floats, blocks: 2 * half, to: $0.baseAddress!) }
            try bytes.withUnsafeBytes { bytes in
                try writer.append(.init(rebasing: bytes.prefix(bytes.count / 2)), to: type.name)
                try writer.append(.init(rebasing: bytes.suffix(bytes.count / 2)), to: type.name)
            }
        }
        try writer.finish()
        let file = try GGUFFile(contentsOf: path)
        XCTAssertEqual(file.header.metadata, Dictionary(uniqueKeysWithValues: metadata.map { ($0.key, $0.value) }))
        XCTAssertEqual(file.header.tensors.map(\.name), types.map(\.name))
        for tensor in file.header.tensors {
            XCTAssertEqual(tensor.shape, [3, 64])
            var found = [Float](repeating: .nan, count: 192)
            found.withUnsafeMutableBufferPointer { file.copyFloats(tensor, elements: 0..<192, into: $0) }
            let tolerance: Float =
                switch tensor.type {
                case .float32: 0
                case .float16: 0.005
                case .bfloat16, .q80: 0.06
                default: 1
                }
            for (one, two) in zip(found, floats) { XCTAssertEqual(one, two, accuracy: tolerance, tensor.name) }
        }
        let size = try XCTUnwrap(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        XCTAssertEqual(size % 32, 0)
    }

    func testAWriterThatIsLetGoOfLeavesNothing() throws {
        _ = try GGUFWriter(path: path, metadata: metadata, tensors: [])
        XCTAssertFalse(FileManager.default.fileExists(atPath: path))
        XCTAssertThrowsError(try GGUFWriter(path: "/nowhere/x.gguf", metadata: [], tensors: [])) {
            XCTAssertEqual($0 as? GGUFError, .writing(path: "/nowhere/x.gguf", code: 2))
        }
    }
}
