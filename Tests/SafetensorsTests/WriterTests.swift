import Foundation
import Safetensors
import XCTest

final class WriterTests: XCTestCase {
    private let declared = [
        TensorDeclaration(name: "bytes", elementType: .uint8, shape: [3]),
        TensorDeclaration(name: "numbers", elementType: .float32, shape: [2, 1]),
        TensorDeclaration(name: "none", elementType: .bfloat16, shape: [0, 7]),
        TensorDeclaration(name: "line", elementType: .uint8, shape: [4, 16]),
    ]

    private func append(_ values: [some Any], to name: String, of writer: SafetensorsWriter) throws {
        try values.withUnsafeBytes { try writer.append($0, to: name) }
    }

    func testWrittenBytesAreThoseOfTheFormat() throws {
        let folder = try TemporaryFolder()
        let writer = try SafetensorsWriter(path: folder.path("x"), tensors: declared, metadata: ["format": "pt"])
        try append([UInt8](1...3), to: "bytes", of: writer)
        try append([Float(1), -2], to: "numbers", of: writer)
        try append([UInt8](0..<64), to: "line", of: writer)
        try writer.finish()
        var header =
            #"{"__metadata__":{"format":"pt"},"none":{"dtype":"BF16","shape":[0,7],"data_offsets":[0,0]},"#
            + #""line":{"dtype":"U8","shape":[4,16],"data_offsets":[0,64]},"#
            + #""numbers":{"dtype":"F32","shape":[2,1],"data_offsets":[64,72]},"#
            + #""bytes":{"dtype":"U8","shape":[3],"data_offsets":[72,75]}}"#
        while (8 + header.utf8.count) % 64 != 0 { header += " " }
        let data: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 1, 2, 3]
        XCTAssertEqual(try folder.read("x"), fileBytes(header: header, data: [UInt8](0..<64) + data))
    }

    func testWhatIsWrittenIsReadBack() throws {
        let folder = try TemporaryFolder()
        let metadata = ["a": "ä", "line": "1\n2", "quote": "\"\\"]
        for repetition in 0..<9 {
            var metadata = metadata
            metadata["padding"] = String(repeating: "x", count: repetition)
            let writer = try SafetensorsWriter(path: folder.path("x"), tensors: declared, metadata: metadata)
            // In another order than declared, and in pieces.
            try append([Float(1.5)], to: "numbers", of: writer)
            try append([UInt8](7...9), to: "bytes", of: writer)
            try append([Float.infinity], to: "numbers", of: writer)
            try append([UInt8](repeating: 5, count: 64), to: "line", of: writer)
            try writer.finish()
            let file = try SafetensorsFile(contentsOf: folder.path("x"))
            XCTAssertEqual(file.metadata, metadata)
            XCTAssertEqual(file.tensors.map(\.name), ["none", "line", "numbers", "bytes"])
            XCTAssertEqual(try floats(of: XCTUnwrap(file.tensor(named: "numbers"))), [1.5, .infinity])
            XCTAssertEqual(file.tensor(named: "bytes").map { Array($0.bytes) }, [7, 8, 9])
            XCTAssertEqual(file.tensor(named: "none")?.shape, [0, 7])
            XCTAssertEqual(file.tensor(named: "none")?.bytes.count, 0)
            let length = try folder.read("x").prefix(2)
            let start = length.enumerated().reduce(8) { $0 + Int($1.element) << (8 * $1.offset) }
            XCTAssertEqual(start % 64, 0, "data start aligned")
        }
    }

    func testNothingIsUnderTheFinalNameBeforeTheEnd() throws {
        let folder = try TemporaryFolder()
        try folder.write([42], to: "x")
        var writer: SafetensorsWriter? = try SafetensorsWriter(path: folder.path("x"), tensors: declared)
        try append([UInt8](1...3), to: "bytes", of: writer!)
        XCTAssertEqual(try folder.read("x"), [42])
        XCTAssertEqual(try folder.names().count, 2)
        XCTAssertThrowsError(try writer!.finish()) {
            XCTAssertEqual(
                $0 as? SafetensorsError,
                .writing(path: folder.path("x"), .missingBytes(tensor: "line", found: 0, expected: 64)))
        }
        XCTAssertEqual(try folder.read("x"), [42])
        writer = nil
        XCTAssertEqual(try folder.names(), ["x"], "the temporary file is gone")
        XCTAssertEqual(try folder.read("x"), [42])
    }

    func testCancelledWriterLeavesNothingAndTakesNothing() throws {
        let folder = try TemporaryFolder()
        let writer = try SafetensorsWriter(path: folder.path("x"), tensors: declared)
        writer.cancel()
        XCTAssertEqual(try folder.names(), [])
        XCTAssertThrowsError(try append([UInt8(1)], to: "bytes", of: writer)) {
            XCTAssertEqual($0 as? SafetensorsError, .writing(path: folder.path("x"), .finished))
        }
        XCTAssertThrowsError(try writer.finish())
        XCTAssertEqual(try folder.names(), [])
    }

    func testBytesThatFitNoTensorAreRefused() throws {
        let folder = try TemporaryFolder()
        let writer = try SafetensorsWriter(path: folder.path("x"), tensors: declared)
        XCTAssertThrowsError(try append([UInt8](1...4), to: "bytes", of: writer)) {
            XCTAssertEqual(
                $0 as? SafetensorsError,
                .writing(path: folder.path("x"), .tooManyBytes(tensor: "bytes", found: 4, expected: 3)))
        }
        XCTAssertThrowsError(try append([UInt8(1)], to: "other", of: writer)) {
            XCTAssertEqual(
                $0 as? SafetensorsError, .writing(path: folder.path("x"), .undeclared(tensor: "other")))
        }
    }

    func testDeclarationsThatNobodyCouldReadAreRefused() throws {
        let folder = try TemporaryFolder()
        let shapes = [[-1], [1 << 49], [1 << 40, 1 << 40], Array(repeating: 1, count: 9)]
        for shape in shapes {
            let tensor = TensorDeclaration(name: "t", elementType: .float32, shape: shape)
            XCTAssertThrowsError(try SafetensorsWriter(path: folder.path("x"), tensors: [tensor]), "\(shape)")
        }
        for names in [["t", "t"], ["__metadata__"]] {
            let tensors = names.map { TensorDeclaration(name: $0, elementType: .uint8, shape: [0]) }
            XCTAssertThrowsError(try SafetensorsWriter(path: folder.path("x"), tensors: tensors), "\(names)")
        }
        XCTAssertThrowsError(try SafetensorsWriter(path: "/nowhere/x", tensors: declared))
        XCTAssertEqual(try folder.names(), [])
    }
}
