import Files
import GGUF
import XCTest

/// One negative test for each way in which a file can break the format.
final class RefusalTests: XCTestCase {
    private func read(_ bytes: [UInt8]) throws -> GGUFHeader {
        try bytes.withUnsafeBytes { try GGUFHeader(parsing: $0, path: "x.gguf") }
    }

    private func assertRefused(_ bytes: [UInt8], saying words: String..., line: UInt = #line) {
        XCTAssertThrowsError(try read(bytes), line: line) { error in
            XCTAssertTrue(error is GGUFError, line: line)
            for word in words { XCTAssertTrue("\(error)".contains(word), "\(error) lacks \(word)", line: line) }
        }
    }

    private func assertRead(_ bytes: [UInt8], line: UInt = #line) { XCTAssertNoThrow(try read(bytes), line: line) }

    private func file(_ type: UInt32, _ value: [UInt8], key: String = "k") -> [UInt8] {
        GGUFBytes.oneTensor(entries: 1) { file in
            file.text(key)
            file.append(type)
            file.append(value)
        }
    }

    private func list(_ type: UInt32, count: UInt64, _ values: [UInt8] = []) -> [UInt8] {
        GGUFBytes.oneTensor(entries: 1) { file in
            file.text("k")
            file.append(9 as UInt32)
            file.append(type)
            file.append(count)
            file.append(values)
        }
    }

    func testTheFilesThatAreSpoiledBelowAreRead() {
        assertRead(GGUFBytes.oneTensor())
        assertRead(file(4, [1, 0, 0, 0]))
        assertRead(list(0, count: 2, [1, 2]))
        assertRead(GGUFBytes.oneTensor(dimensions: [256, 1], type: 12, data: 144))
        assertRead(GGUFBytes(version: 2, tensors: 0, entries: 0).finished(data: 0))
    }

    func testAFileCutAnywhereIsRefused() {
        let whole = GGUFBytes.oneTensor(entries: 2) { file in
            file.text("general.name")
            file.append(8 as UInt32)
            file.text("x")
            file.text("list")
            file.append(9 as UInt32)
            file.append(8 as UInt32)
            file.append(1 as UInt64)
            file.text("y")
        }
        assertRead(whole)
        for count in 0..<whole.count { assertRefused(Array(whole.prefix(count))) }
        XCTAssertThrowsError(try GGUFFile(contentsOf: "/nowhere/x.gguf")) {
            XCTAssertEqual($0 as? GGUFError, .file(path: "/nowhere/x.gguf", .missing))
        }
    }

    func testOtherMagicVersionsAndByteOrdersAreRefused() {
        assertRefused(Array("GGML".utf8) + Array(repeating: 0, count: 60), saying: "letters GGUF")
        for version: UInt32 in [1, 4, 0xFFFF] {
            assertRefused(GGUFBytes(version: version, tensors: 0, entries: 0).finished(data: 0), saying: "\(version)")
        }
        let swapped = GGUFBytes(version: UInt32(3).byteSwapped, tensors: 0, entries: 0)
        assertRefused(swapped.finished(data: 0), saying: "big-endian")
    }

    func testCountsAndLengthsBeyondTheFileAreRefused() {
        for count: UInt64 in [2, 1 << 40, .max] {
            assertRefused(GGUFBytes(tensors: count, entries: 0).finished(data: 32), saying: "more tensors or metadata")
            assertRefused(
                GGUFBytes(tensors: 0, entries: max(count, 9)).finished(data: 32), saying: "more tensors or metadata")
            assertRefused(list(5, count: count << 20), saying: "more elements")
            var file = GGUFBytes(tensors: 0, entries: 1)
            file.append(count << 20)
            assertRefused(file.finished(data: 64), saying: "longer")
        }
        assertRefused(file(4, [1, 0, 0, 0], key: String(repeating: "k", count: 70_000)), saying: "longer")
    }

    func testTextsThatAreNotUTF8AreRefused() {
        assertRefused(file(8, [2, 0, 0, 0, 0, 0, 0, 0, 0xC3, 0x28]), saying: "UTF-8")
    }

    func testUnknownKindsOfMetadataAreRefused() {
        assertRefused(file(13, [0]), saying: "unknown type 13", "\"k\"")
        assertRefused(file(7, [2]), saying: "0 or 1")
        assertRefused(file(10, Array(repeating: 0xFF, count: 8)), saying: "63 bits")
        assertRefused(list(9, count: 0), saying: "list of lists")
        assertRefused(list(99, count: 0), saying: "unknown type 99")
    }

    func testDoubleNamesAreRefused() {
        let twice = GGUFBytes.oneTensor(entries: 2) { file in
            for _ in 0..<2 {
                file.text("k")
                file.append(7 as UInt32)
                file.append([1])
            }
        }
        assertRefused(twice, saying: "\"k\"", "twice")
        var file = GGUFBytes(tensors: 2, entries: 0)
        file.tensor("t", dimensions: [8])
        file.tensor("t", dimensions: [8], offset: 32)
        assertRefused(file.finished(data: 64), saying: "\"t\"", "twice")
    }

    func testOddAlignmentsAreRefused() {
        for value: UInt32 in [0, 3, 48, 1 << 21] {
            assertRefused(
                file(4, (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }, key: "general.alignment"),
                saying: "power of two")
        }
        assertRefused(file(8, [0, 0, 0, 0, 0, 0, 0, 0], key: "general.alignment"), saying: "power of two")
    }

    func testPartsOfAModelAreRefused() {
        assertRefused(file(2, [3, 0], key: "split.count"), saying: "several files", "merge")
        assertRead(file(2, [1, 0], key: "split.count"))
    }

    func testShapesThatCannotBeAreRefused() {
        assertRefused(GGUFBytes.oneTensor(dimensions: [], rank: 0), saying: "0 axes")
        assertRefused(GGUFBytes.oneTensor(dimensions: [1, 1, 1, 1, 8]), saying: "5 axes")
        assertRefused(GGUFBytes.oneTensor(dimensions: [8, 0]), saying: "0 elements")
        assertRefused(GGUFBytes.oneTensor(dimensions: [.max]), saying: "elements")
        assertRefused(GGUFBytes.oneTensor(dimensions: [1 << 40, 1 << 40]), saying: "more elements than the file")
        assertRefused(GGUFBytes.oneTensor(dimensions: [9]), saying: "ends at byte")
        assertRefused(GGUFBytes.oneTensor(dimensions: [48], type: 2), saying: "multiple of the 32")
        assertRefused(GGUFBytes.oneTensor(dimensions: [32, 8], type: 12), saying: "multiple of the 256")
    }

    func testOtherTypesAreRefusedByTheirNumber() {
        for type: UInt32 in [4, 6, 7, 9, 10, 11, 15, 16, 24, 28, 31, 39, .max] {
            assertRefused(GGUFBytes.oneTensor(type: type), saying: "type \(type)", "Q4_K")
        }
    }

    func testPlacesThatCannotBeAreRefused() {
        assertRefused(GGUFBytes.oneTensor(offset: 8), saying: "no multiple of 32")
        assertRefused(GGUFBytes.oneTensor(offset: 32), saying: "ends at byte")
        assertRefused(GGUFBytes.oneTensor(offset: 1 << 63), saying: "byte 9223372036854775808")
        var file = GGUFBytes(tensors: 2, entries: 0)
        file.tensor("a", dimensions: [16])
        file.tensor("b", dimensions: [16], offset: 32)
        assertRefused(file.finished(data: 128), saying: "\"b\"", "within another")
    }
}
