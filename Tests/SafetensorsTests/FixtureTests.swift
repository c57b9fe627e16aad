import Foundation
import JSON
import Safetensors
import XCTest

/// Rung 0 of the parity ladder: files of Python's `safetensors` are read exactly.
final class FixtureTests: XCTestCase {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures"

    func testEveryTypeThatPythonWritesIsReadExactly() throws {
        let file = try SafetensorsFile(contentsOf: Self.folder + "/every-type.safetensors")
        let text = try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/every-type.json"))
        let expected = try XCTUnwrap(JSONValue(parsing: [UInt8](text)).object)
        XCTAssertEqual(file.metadata, ["format": "pt", "note": "ünïcode"])
        XCTAssertEqual(Set(file.tensors.map(\.name)), Set(expected.members.map(\.name)))
        for type in ElementType.allCases { XCTAssertNotNil(file.tensor(named: "types.\(type.rawValue)"), "\(type)") }
        for member in expected.members {
            let tensor = try XCTUnwrap(file.tensor(named: member.name))
            XCTAssertEqual(tensor.shape, member.value["shape"]?.array?.compactMap(\.int), member.name)
            XCTAssertEqual(tensor.elementCount, tensor.shape.reduce(1, *), member.name)
            let hex = tensor.bytes.map { byte in String(format: "%02x", byte) }.joined()
            XCTAssertEqual(hex, member.value["hex"]?.string, member.name)
            if let bits = member.value["float32Bits"]?.array {
                let found = try floats(of: tensor).map { $0.isNaN ? JSONValue.null : .integer(Int($0.bitPattern)) }
                XCTAssertEqual(found, bits, member.name)
            }
        }
    }

    func testTensorsComeInTheOrderOfTheirBytes() throws {
        let file = try SafetensorsFile(contentsOf: Self.folder + "/every-type.safetensors")
        let starts = file.tensors.map(\.byteRange.lowerBound)
        XCTAssertEqual(starts, starts.sorted())
        XCTAssertEqual(file.tensors.first?.name, "types.U64")
    }

    func testIntegersAreNotWidened() throws {
        let file = try SafetensorsFile(contentsOf: Self.folder + "/every-type.safetensors")
        for type in ElementType.allCases where !type.isFloatingPoint {
            let tensor = try XCTUnwrap(file.tensor(named: "types.\(type.rawValue)"))
            XCTAssertThrowsError(try floats(of: tensor), type.rawValue) { error in
                guard case SafetensorsError.tensor(_, _, .notFloatingPoint(type)) = error else {
                    return XCTFail("\(error)")
                }
            }
        }
    }

    func testViewKeepsItsFileOpen() throws {
        var file: SafetensorsFile? = try SafetensorsFile(contentsOf: Self.folder + "/every-type.safetensors")
        let tensor = try XCTUnwrap(file?.tensor(named: "scalar"))
        file = nil
        XCTAssertEqual(try floats(of: tensor), [2.5])
    }

    func testReleasedPagesReadTheSameAgain() throws {
        let file = try SafetensorsFile(contentsOf: Self.folder + "/every-type.safetensors")
        let tensor = try XCTUnwrap(file.tensor(named: "types.F32"))
        let before = try floats(of: tensor).map(\.bitPattern)
        tensor.releasePages()
        XCTAssertEqual(try floats(of: tensor).map(\.bitPattern), before)
        tensor.releasePages(elements: 3..<5)
        XCTAssertEqual(try floats(of: tensor).map(\.bitPattern), before)
    }
}

/// The elements of a floating-point tensor.
func floats(of tensor: TensorView) throws -> [Float] {
    var floats = [Float](repeating: .nan, count: tensor.elementCount)
    try floats.withUnsafeMutableBufferPointer { try tensor.copyFloats(into: $0) }
    return floats
}
