import Foundation
import TestSupport
import XCTest

/// A conversion that is stopped leaves nothing under the final name.
final class ConvertInterruptionTests: XCTestCase {
    /// A model of 1 GB, of which nothing is on the disk.
    private func largeModel() throws -> ModelCopy {
        let copy = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        let (rows, bytes) = (1 << 14, 1 << 30)
        let header =
            #"{"model.norm.weight":{"dtype":"F32","shape":[\#(rows),\#(bytes / rows / 4)],"data_offsets":[0,\#(bytes)]}}"#
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
        let path = copy.path(of: "model.safetensors")
        try Data(length + header.utf8).write(to: URL(fileURLWithPath: path))
        XCTAssertEqual(truncate(path, off_t(8 + header.utf8.count + bytes)), 0)
        return copy
    }

    /// Stops the program once it writes, and gives the names that are left beside the model.
    private func namesAfter(_ signal: Int32) throws -> (names: [String], result: Command.Result) {
        let model = try largeModel()
        let folder = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        let result = try Command.convert.run([model.path, folder.path(of: "out")]) { process in
            let deadline = Date() + 20
            while Date() < deadline {
                let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                if names.contains(where: { $0.hasPrefix("out.partial") }) { break }
                usleep(500)
            }
            XCTAssertEqual(kill(process, signal), 0)
        }
        return (try FileManager.default.contentsOfDirectory(atPath: folder.path), result)
    }

    func testAKilledProgramLeavesNothingUnderTheFinalName() throws {
        let (names, result) = try namesAfter(SIGKILL)
        XCTAssertFalse(result.hasExited)
        XCTAssertFalse(names.contains("out"), "\(names)")
    }

    func testAnInterruptedProgramLeavesNothing() throws {
        let (names, result) = try namesAfter(SIGINT)
        XCTAssertEqual(result.status, 130, result.standardError)
        XCTAssertFalse(names.contains { $0.hasPrefix("out") || $0.hasPrefix(".out") }, "\(names)")
    }
}
