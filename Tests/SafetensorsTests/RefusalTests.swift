import Files
import Foundation
import Safetensors
import XCTest

/// One negative test for each way in which a file can break the format.
final class RefusalTests: XCTestCase {
    private func refusal(of bytes: [UInt8], line: UInt = #line) throws -> SafetensorsError? {
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes, to: "x.safetensors")
        do {
            _ = try SafetensorsFile(contentsOf: path)
            XCTFail("accepted", line: line)
            return nil
        } catch {
            XCTAssertFalse("\(error)".isEmpty)
            return error
        }
    }

    /// The problem of the only tensor `t`, whose header entry is given.
    private func tensorRefusal(_ entry: String, data: Int = 0, line: UInt = #line) throws
        -> SafetensorsError.TensorProblem?
    {
        let bytes = fileBytes(header: "{\"t\":\(entry)}", data: Array(repeating: 0, count: data))
        let error = try refusal(of: bytes, line: line)
        guard case .tensor("t", _, let problem)? = error else {
            XCTFail("\(String(describing: error))", line: line)
            return nil
        }
        return problem
    }

    private func headerRefusal(_ header: String, data: Int = 0, line: UInt = #line) throws
        -> SafetensorsError.HeaderProblem?
    {
        let error = try refusal(of: fileBytes(header: header, data: Array(repeating: 0, count: data)), line: line)
        guard case .header(_, let problem)? = error else {
            XCTFail("\(String(describing: error))", line: line)
            return nil
        }
        return problem
    }

    private func entry(_ dtype: String, _ shape: String, _ offsets: String) -> String {
        "{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    // MARK: Files

    func testFileWithoutEightBytesIsRefused() throws {
        for count in 0..<8 {
            let error = try refusal(of: Array(repeating: 0, count: count))
            guard case .file(_, .noLength(count))? = error else { return XCTFail("\(String(describing: error))") }
        }
    }

    func testMissingFileIsRefused() {
        XCTAssertThrowsError(try SafetensorsFile(contentsOf: "/nowhere/x.safetensors")) {
            XCTAssertEqual($0 as? SafetensorsError, .file(path: "/nowhere/x.safetensors", .access(.missing)))
        }
    }

    func testFolderAndPipeAreRefusedWithoutWaiting() throws {
        let folder = try TemporaryFolder()
        XCTAssertEqual(mkfifo(folder.path("pipe"), 0o600), 0)
        for path in [folder.path, folder.path("pipe")] {
            XCTAssertThrowsError(try SafetensorsFile(contentsOf: path)) {
                XCTAssertEqual($0 as? SafetensorsError, .file(path: path, .access(.notRegular)))
            }
        }
    }

    func testTruncatedDataAreRefusedAndTheTextSaysSo() throws {
        let error = try refusal(of: fileBytes(header: "{\"t\":\(entry("U8", "[5]", "[0,5]"))}", data: [1, 2, 3]))
        guard case .file(_, .truncated(found: 3, expected: 5))? = error else { return XCTFail("\(error as Any)") }
        XCTAssertTrue("\(error!)".hasSuffix("says 5 bytes of data, but 3 are there. Download it again."))
    }

    func testFileThatChangesWhileOpenIsNoticed() throws {
        let folder = try TemporaryFolder()
        let bytes = fileBytes(header: "{\"t\":\(entry("U8", "[1]", "[0,1]"))}", data: [1])
        let file = try SafetensorsFile(contentsOf: folder.write(bytes, to: "x"))
        XCTAssertNoThrow(try file.checkUnchanged())
        let handle = try XCTUnwrap(FileHandle(forWritingAtPath: folder.path("x")))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data([2]))
        XCTAssertThrowsError(try file.checkUnchanged()) {
            XCTAssertEqual($0 as? SafetensorsError, .file(path: folder.path("x"), .access(.changed)))
        }
    }

    // MARK: Headers

    func testHeaderLengthOutOfBoundsIsRefused() throws {
        for length: UInt64 in [0, 1, 17, 100_000_001, 1 << 63, .max] {
            let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
            let error = try refusal(of: prefix + Array("{}              ".utf8))
            guard case .header(_, .length(found: length, limit: 16))? = error else {
                return XCTFail("\(length): \(String(describing: error))")
            }
        }
    }

    func testHeaderBeyondHundredMegabytesIsRefusedBeforeItIsRead() throws {
        let folder = try TemporaryFolder()
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: 100_000_001 >> (8 * $0)) }
        let path = try folder.write(prefix, to: "x")
        XCTAssertEqual(truncate(path, 200_000_000), 0)
        XCTAssertThrowsError(try SafetensorsFile(contentsOf: path)) {
            XCTAssertEqual(
                $0 as? SafetensorsError, .header(path: path, .length(found: 100_000_001, limit: 100_000_000)))
        }
    }

    func testHeaderMustStartWithABrace() throws {
        XCTAssertEqual(try headerRefusal(" {}"), .start(found: 0x20))
        XCTAssertEqual(try headerRefusal("[]"), .start(found: UInt8(ascii: "[")))
    }

    func testOnlySpacesMayFollowTheHeader() throws {
        for tail in ["\n", "\t", "\0", "x"] {
            XCTAssertEqual(try headerRefusal("{} \(tail)"), .trailing(found: tail.utf8.first!))
        }
        guard case .notJSON? = try headerRefusal("{} {}") else { return XCTFail("accepted") }
    }

    func testHeaderThatIsNotJSONIsRefused() throws {
        for header in ["{\"a\"}", "{'a':1}", "{\"a\":1,}", "{\"a\":NaN}", "{\"\u{1}\":1}"] {
            guard case .notJSON? = try headerRefusal(header) else { return XCTFail(header) }
        }
        let bytes: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0] + Array("{\"".utf8) + [0xC3, 0x28] + Array("\":1}".utf8)
        guard case .header(_, .notJSON)? = try refusal(of: bytes) else { return XCTFail("bad UTF-8") }
    }

    func testDeepHeaderIsRefused() throws {
        guard case .notJSON(let reason)? = try headerRefusal("{\"t\":[[[[]]]]}") else { return XCTFail("accepted") }
        XCTAssertTrue(reason.contains("nested deeper than 4"), reason)
    }

    func testMoreThanAMillionTensorsAreRefused() throws {
        let members = (0...1_000_000).map { "\"\($0)\":0" }.joined(separator: ",")
        XCTAssertEqual(try headerRefusal("{\(members)}"), .tooManyTensors(found: 1_000_001, limit: 1_000_000))
    }

    func testDuplicateNamesAreRefused() throws {
        let empty = entry("U8", "[0]", "[0,0]")
        let outer = "{\"t\":\(empty),\"\\u0074\":\(empty)}"
        let inner = "{\"t\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"
        for header in [outer, inner, "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}"] {
            guard case .notJSON(let reason)? = try headerRefusal(header) else { return XCTFail(header) }
            XCTAssertTrue(reason.contains("occurs twice"), reason)
        }
    }

    func testNamesThatDifferOnlyInNormalisationAreTwoTensors() throws {
        let folder = try TemporaryFolder()
        let header =
            "{\"\u{E9}\":\(entry("U8", "[1]", "[0,1]")),\"e\u{301}\":\(entry("U8", "[1]", "[1,2]"))}"
        let file = try SafetensorsFile(contentsOf: folder.write(fileBytes(header: header, data: [1, 2]), to: "x"))
        XCTAssertEqual(file.tensor(named: "\u{E9}")?.bytes.first, 1)
        XCTAssertEqual(file.tensor(named: "e\u{301}")?.bytes.first, 2)
    }

    func testMetadataMustBeStrings() throws {
        XCTAssertEqual(try headerRefusal("{\"__metadata__\":[]}"), .metadata(name: nil, found: "array"))
        XCTAssertEqual(try headerRefusal("{\"__metadata__\":{\"a\":1}}"), .metadata(name: "a", found: "number"))
        XCTAssertEqual(try headerRefusal("{\"__metadata__\":{\"a\":null}}"), .metadata(name: "a", found: "null"))
        guard
            case .metadata(_, found: "second string")? =
                try headerRefusal("{\"__metadata__\":{\"\u{E9}\":\"1\",\"e\u{301}\":\"2\"}}")
        else { return XCTFail("accepted") }
    }

    // MARK: Tensors

    func testUnknownAndNarrowTypesAreRefusedByName() throws {
        for name in ["F4", "F6_E2M3", "F8_E8M0", "C64", "f32", "F32 ", "", "U128"] {
            XCTAssertEqual(
                try tensorRefusal(entry(name, "[0]", "[0,0]")), .elementType(found: "\"\(name)\""))
        }
        XCTAssertEqual(
            try tensorRefusal("{\"shape\":[0],\"data_offsets\":[0,0]}"), .elementType(found: "missing"))
        XCTAssertEqual(
            try tensorRefusal("{\"dtype\":7,\"shape\":[0],\"data_offsets\":[0,0]}"), .elementType(found: "7"))
    }

    func testEntryMustBeAnObject() throws {
        XCTAssertEqual(try tensorRefusal("[]"), .notAnObject(found: "array"))
        XCTAssertEqual(try tensorRefusal("null"), .notAnObject(found: "null"))
    }

    func testRankAboveEightIsRefused() throws {
        XCTAssertEqual(
            try tensorRefusal(entry("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), data: 1), .rank(found: 9, limit: 8))
    }

    func testDimensionsThatAreNoSizesAreRefused() throws {
        let sizes = [
            "-1", "-0", "1.0", "1e3", "\"1\"", "null", "281474976710657", "9223372036854775808", "true", "[1]",
        ]
        for size in sizes {
            guard case .shape? = try tensorRefusal(entry("U8", "[\(size)]", "[0,1]"), data: 1) else {
                return XCTFail(size)
            }
        }
        XCTAssertEqual(try tensorRefusal(entry("U8", "3", "[0,3]"), data: 3), .shape(found: "3"))
        XCTAssertEqual(
            try tensorRefusal("{\"dtype\":\"U8\",\"data_offsets\":[0,0]}"), .shape(found: "missing"))
    }

    func testSizeThatOverflowsIsRefused() throws {
        let large = 1 << 48
        XCTAssertEqual(
            try tensorRefusal(entry("F64", "[\(large),\(large)]", "[0,0]")), .overflow(shape: [large, large]))
        XCTAssertEqual(
            try tensorRefusal(entry("F64", "[\(large),4096]", "[0,0]")), .overflow(shape: [large, 4096]))
    }

    func testOffsetsThatAreNotTwoRisingNumbersAreRefused() throws {
        let offsets = ["[0]", "[-0,1]", "[0,1,2]", "[]", "[0.0,1]", "[-1,0]", "[1,0]", "\"0,1\"", "{}", "[0,null]"]
        let shown = ["{}": "an object of 0 members", "[-0,1]": "[-0.0,1]"]
        for offsets in offsets {
            XCTAssertEqual(
                try tensorRefusal(entry("U8", "[1]", offsets), data: 1),
                .offsets(found: shown[offsets] ?? offsets))
        }
        XCTAssertEqual(
            try tensorRefusal("{\"dtype\":\"U8\",\"shape\":[1]}", data: 1), .offsets(found: "missing"))
    }

    func testSizeThatDiffersFromTheOffsetsIsRefused() throws {
        XCTAssertEqual(
            try tensorRefusal(entry("F32", "[2]", "[0,7]"), data: 7), .size(found: 7, expected: 8))
        XCTAssertEqual(
            try tensorRefusal(entry("F32", "[0,9]", "[0,4]"), data: 4), .size(found: 4, expected: 0))
        XCTAssertEqual(try tensorRefusal(entry("F32", "[]", "[0,0]")), .size(found: 0, expected: 4))
    }

    func testEndBeyondTheDataIsRefused() throws {
        let large = (1 << 48) / 8
        let bytes = fileBytes(header: "{\"t\":\(entry("F64", "[\(large)]", "[0,\(1 << 48)]"))}", data: [0])
        let error = try refusal(of: bytes)
        guard case .file(_, .truncated(found: 1, expected: 281_474_976_710_656))? = error else {
            return XCTFail("\(String(describing: error))")
        }
    }

    // MARK: Cover

    func testGapsAreRefused() throws {
        let header = "{\"a\":\(entry("U8", "[1]", "[0,1]")),\"b\":\(entry("U8", "[1]", "[2,3]"))}"
        XCTAssertEqual(try headerRefusal(header, data: 3), .uncovered(1..<2))
        XCTAssertEqual(
            try headerRefusal("{\"a\":\(entry("U8", "[1]", "[1,2]"))}", data: 2), .uncovered(0..<1))
    }

    func testOverlapIsRefused() throws {
        let header = "{\"a\":\(entry("U8", "[2]", "[0,2]")),\"b\":\(entry("U8", "[2]", "[1,3]"))}"
        XCTAssertEqual(try headerRefusal(header, data: 3), .overlap(first: "a", second: "b"))
        let same = "{\"a\":\(entry("U8", "[2]", "[0,2]")),\"b\":\(entry("U8", "[2]", "[0,2]"))}"
        XCTAssertEqual(try headerRefusal(same, data: 2), .overlap(first: "a", second: "b"))
    }

    func testBytesBehindTheLastTensorAreRefused() throws {
        XCTAssertEqual(
            try headerRefusal("{\"a\":\(entry("U8", "[1]", "[0,1]"))}", data: 3), .uncovered(1..<3))
        XCTAssertEqual(try headerRefusal("{}", data: 1), .uncovered(0..<1))
    }

    func testEmptyTensorMayNotLieInsideAnother() throws {
        let header = "{\"a\":\(entry("U8", "[2]", "[0,2]")),\"b\":\(entry("U8", "[0]", "[1,1]"))}"
        XCTAssertEqual(try headerRefusal(header, data: 2), .overlap(first: "a", second: "b"))
    }

    func testErrorTextsStayShortAndFreeOfControlCharacters() throws {
        let name = String(repeating: "x", count: 100_000) + "\\u001b[2J"
        for header in ["{\"\(name)\":1}", "{\"\(name)\":1,\"\(name)\":1}", "{\"t\":{\"dtype\":\"\(name)\"}}"] {
            let error = try XCTUnwrap(refusal(of: fileBytes(header: header)))
            XCTAssertLessThan(error.description.count, 1_000)
        }
        let error = try XCTUnwrap(refusal(of: fileBytes(header: "{\"\\u001b[2J\":1}")))
        XCTAssertFalse(error.description.unicodeScalars.contains { $0.value < 0x20 })
    }

    func testMisalignedDataAreReadExactly() throws {
        for padding in 1...9 {
            let data = Array(repeating: UInt8(0), count: padding) + [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
            let header =
                "{\"p\":\(entry("U8", "[\(padding)]", "[0,\(padding)]")),"
                + "\"t\":\(entry("F32", "[2]", "[\(padding),\(padding + 8)]"))}"
            let folder = try TemporaryFolder()
            let file = try SafetensorsFile(contentsOf: folder.write(fileBytes(header: header, data: data), to: "x"))
            XCTAssertEqual(try floats(of: XCTUnwrap(file.tensor(named: "t"))), [1, -2])
        }
    }
}
