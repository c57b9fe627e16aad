import Files
import Foundation
import Safetensors
import XCTest

final class FolderTests: XCTestCase {
    private let first = "model-00001-of-00002.safetensors"
    private let second = "model-00002-of-00002.safetensors"

    /// A folder of two shards: `a` and `b` in the first, `c` in the second.
    private func shardedFolder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let tensors = ["a", "b", "c"].map { TensorDeclaration(name: $0, elementType: .uint8, shape: [4]) }
        let writer = try SafetensorsFolderWriter(folder: folder.path, tensors: tensors, maximumShardBytes: 8)
        for (value, tensor) in tensors.enumerated() {
            try [UInt8](repeating: UInt8(value), count: 4).withUnsafeBytes { try writer.append($0, to: tensor.name) }
        }
        try writer.finish()
        return folder
    }

    private func problem(of folder: TemporaryFolder, line: UInt = #line) -> SafetensorsError.FolderProblem? {
        do {
            _ = try SafetensorsFolder(contentsOf: folder.path)
            XCTFail("accepted", line: line)
        } catch .folder(_, let problem) {
            return problem
        } catch {
            XCTFail("\(error)", line: line)
        }
        return nil
    }

    private func writeIndex(_ map: [(String, String)], to folder: TemporaryFolder) throws {
        let members = map.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
        try folder.write(Array("{\"weight_map\":{\(members)}}".utf8), to: "model.safetensors.index.json")
    }

    func testShardedFolderIsReadBack() throws {
        let folder = try shardedFolder()
        XCTAssertEqual(try folder.names(), [first, second, "model.safetensors.index.json"])
        let weights = try SafetensorsFolder(contentsOf: folder.path)
        XCTAssertEqual(weights.tensorNames, ["a", "b", "c"])
        XCTAssertEqual(weights.dataBytes, 12)
        XCTAssertEqual(weights.tensor(named: "b").map { Array($0.bytes) }, [1, 1, 1, 1])
        XCTAssertEqual(weights.tensor(named: "c").map { Array($0.bytes) }, [2, 2, 2, 2])
        XCTAssertNil(weights.tensor(named: "d"))
        let index =
            #"{"metadata":{"total_size":12},"weight_map":{"a":"\#(first)","b":"\#(first)","c":"\#(second)"}}"#
        XCTAssertEqual(try folder.read("model.safetensors.index.json"), Array((index + "\n").utf8))
    }

    func testWeightsThatFitAreOneFile() throws {
        let folder = try TemporaryFolder()
        let tensors = ["a", "b"].map { TensorDeclaration(name: $0, elementType: .uint8, shape: [0]) }
        let writer = try SafetensorsFolderWriter(
            folder: folder.path, tensors: tensors, metadata: ["k": "v"], maximumShardBytes: 0)
        try writer.finish()
        XCTAssertEqual(try folder.names(), ["model.safetensors"])
        let weights = try SafetensorsFolder(contentsOf: folder.path)
        XCTAssertEqual(weights.tensorNames, ["a", "b"])
        XCTAssertEqual(weights.metadata, ["k": "v"])
    }

    func testUnfinishedFolderWriterLeavesNothing() throws {
        let folder = try TemporaryFolder()
        let tensors = ["a", "b"].map { TensorDeclaration(name: $0, elementType: .uint8, shape: [4]) }
        var writer: SafetensorsFolderWriter? = try SafetensorsFolderWriter(
            folder: folder.path, tensors: tensors, maximumShardBytes: 4)
        try [UInt8](repeating: 1, count: 4).withUnsafeBytes { try writer!.append($0, to: "a") }
        XCTAssertThrowsError(try writer!.finish(), "b is missing")
        writer = nil
        XCTAssertEqual(try folder.names(), [])
    }

    func testFolderWithoutWeightsIsRefused() throws {
        XCTAssertEqual(problem(of: try TemporaryFolder()), .noWeights)
    }

    func testShardNamesThatLeaveTheFolderAreRefused() throws {
        let folder = try shardedFolder()
        let names = [
            "../\(first)", "/etc/\(first)", "sub/\(first)", "..", ".", "", ".hidden.safetensors", "model.bin",
            "model\\u0000.safetensors", "sub\\\\x.safetensors", String(repeating: "x", count: 256) + ".safetensors",
        ]
        for name in names {
            try writeIndex([("a", name)], to: folder)
            guard case .shardName? = problem(of: folder) else { return XCTFail(name) }
        }
    }

    func testSymbolicLinksAreRefusedAndTheTextSaysWhatToDo() throws {
        let folder = try shardedFolder()
        let elsewhere = try TemporaryFolder()
        let files = FileManager.default
        try files.moveItem(atPath: folder.path(second), toPath: elsewhere.path("blob"))
        try files.createSymbolicLink(atPath: folder.path(second), withDestinationPath: elsewhere.path("blob"))
        XCTAssertThrowsError(try SafetensorsFolder(contentsOf: folder.path)) {
            XCTAssertEqual($0 as? SafetensorsError, .file(path: folder.path(second), .access(.symbolicLink)))
            XCTAssertTrue("\($0)".contains("symlinked or absolute shard names are refused"))
        }
        let single = folder.path("model.safetensors")
        try files.createSymbolicLink(atPath: single, withDestinationPath: elsewhere.path("blob"))
        XCTAssertThrowsError(try SafetensorsFolder(contentsOf: folder.path)) {
            XCTAssertEqual($0 as? SafetensorsError, .file(path: single, .access(.symbolicLink)))
        }
        XCTAssertNoThrow(try SafetensorsFile(contentsOf: single), "a file that is named directly may be a link")
        try files.removeItem(atPath: single)
        let index = folder.path("model.safetensors.index.json")
        try files.moveItem(atPath: index, toPath: elsewhere.path("index"))
        try files.createSymbolicLink(atPath: index, withDestinationPath: elsewhere.path("index"))
        XCTAssertThrowsError(try SafetensorsFolder(contentsOf: folder.path)) {
            XCTAssertEqual($0 as? SafetensorsError, .file(path: index, .access(.symbolicLink)))
        }
    }

    func testMissingShardIsRefused() throws {
        let folder = try shardedFolder()
        try FileManager.default.removeItem(atPath: folder.path(second))
        XCTAssertEqual(problem(of: folder), .shardMissing(second))
    }

    func testTensorThatItsShardLacksIsRefused() throws {
        let folder = try shardedFolder()
        try writeIndex([("a", first), ("b", first), ("c", second), ("d", second)], to: folder)
        XCTAssertEqual(problem(of: folder), .tensorMissing(tensor: "d", shard: second))
        try writeIndex([("a", first), ("b", second), ("c", second)], to: folder)
        XCTAssertEqual(problem(of: folder), .tensorMissing(tensor: "b", shard: second))
    }

    func testTensorThatTheIndexLacksIsRefused() throws {
        let folder = try shardedFolder()
        try writeIndex([("a", first), ("c", second)], to: folder)
        XCTAssertEqual(problem(of: folder), .tensorUnlisted(tensor: "b", shard: first))
    }

    func testTensorInTwoShardsIsRefused() throws {
        let folder = try shardedFolder()
        try folder.write(folder.read(first), to: second)
        try writeIndex([("a", first), ("b", second)], to: folder)
        XCTAssertEqual(problem(of: folder), .tensorTwice(tensor: "a", first: first, second: second))
    }

    func testIndexThatIsNoIndexIsRefused() throws {
        let folder = try TemporaryFolder()
        let texts = [
            "", "[]", "{}", #"{"weight_map":[]}"#, #"{"weight_map":{}}"#, #"{"weight_map":{"a":1}}"#,
            #"{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}"#,
        ]
        for text in texts {
            try folder.write(Array(text.utf8), to: "model.safetensors.index.json")
            guard case .index? = problem(of: folder) else { return XCTFail(text) }
        }
    }
}
