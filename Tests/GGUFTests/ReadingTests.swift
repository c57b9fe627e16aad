import Foundation
import GGUF
import JSON
import TestSupport
import XCTest

/// What llama.cpp's Python package wrote is read: metadata, and floats of every type bit for bit.
final class ReadingTests: XCTestCase {
    private let folder = RepositoryRoot.path(of: "Tests/GGUFTests/Fixtures")

    func testEveryTypeIsReadBitForBit() throws {
        let file = try GGUFFile(contentsOf: folder + "/every-type.gguf")
        let text = try Data(contentsOf: URL(fileURLWithPath: folder + "/every-type.json"))
        let expected = try XCTUnwrap(try JSONValue(parsing: Array(text)).object)
        XCTAssertEqual(
            file.header.tensors.map(\.name), expected.members.map(\.name).filter { $0.hasPrefix("types.") })
        XCTAssertEqual(Set(file.header.tensors.map(\.type)), Set(GGUFType.allCases))
        for tensor in file.header.tensors {
            XCTAssertEqual(tensor.name, "types." + tensor.type.name)
            XCTAssertEqual(tensor.shape, [3, 512])
            let hex = try XCTUnwrap(expected[tensor.name]?.string)
            let bits = stride(from: 0, to: hex.utf8.count, by: 8).map { start in
                UInt32(String(hex.utf8.dropFirst(start).prefix(8))!, radix: 16)!.byteSwapped
            }
            var floats = [Float](repeating: .nan, count: tensor.elementCount)
            floats.withUnsafeMutableBufferPointer { file.copyFloats(tensor, elements: 0..<$0.count, into: $0) }
            XCTAssertEqual(floats.map(\.bitPattern), bits, tensor.name)
            var part = [Float](repeating: .nan, count: 512)
            part.withUnsafeMutableBufferPointer { file.copyFloats(tensor, elements: 512..<1024, into: $0) }
            XCTAssertEqual(part.map(\.bitPattern), Array(bits[512..<1024]), tensor.name)
            file.releasePages(of: tensor, elements: 0..<tensor.elementCount)
        }
        try file.checkUnchanged()
    }

    func testFloatsAreRoundedToTheSameBytes() throws {
        let text = try Data(contentsOf: URL(fileURLWithPath: folder + "/every-type.json"))
        let expected = try JSONValue(parsing: Array(text))
        func bytes(_ name: String) throws -> [UInt8] {
            let hex = Array(try XCTUnwrap(expected[name]?.string).utf8)
            return stride(from: 0, to: hex.count, by: 2).map {
                UInt8(String(decoding: hex[$0..<$0 + 2], as: UTF8.self), radix: 16)!
            }
        }
        let floats = try bytes("written").withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        for type in GGUFType.written {
            let blocks = floats.count / type.blockElements
            var found = [UInt8](repeating: 0xAA, count: blocks * type.blockBytes)
            found.withUnsafeMutableBytes { type.quantize(floats, blocks: blocks, to: $0.baseAddress!) }
            XCTAssertEqual(found, try bytes("written.\(type.name)"), type.name)
        }
    }

    func testEveryKindOfMetadataIsRead() throws {
        let metadata = try GGUFFile(contentsOf: folder + "/every-type.gguf").header.metadata
        for bits in [8, 16, 32, 64] {
            XCTAssertEqual(metadata["numbers.uint\(bits)"], .integer(bits == 64 ? .max : 1 << bits - 1))
            XCTAssertEqual(metadata["numbers.int\(bits)"], .integer(-1 << (bits - 1)))
        }
        XCTAssertEqual(metadata["numbers.float32"], .number(Double(Float(0.1))))
        XCTAssertEqual(metadata["numbers.float64"], .number(0.1))
        XCTAssertEqual(metadata["truth"], .bool(true))
        XCTAssertEqual(metadata["text"], .string("nämé \"quoted\"\n"))
        XCTAssertEqual(metadata["lists.integers"], .integers([1, -2, 3]))
        XCTAssertEqual(metadata["lists.numbers"], .numbers([0.5, -1.5]))
        XCTAssertEqual(metadata["lists.booleans"], .bools([true, false]))
        XCTAssertEqual(metadata["lists.texts"], .strings(["a", "", "ü"]))
    }
}
