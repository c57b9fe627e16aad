import ArgumentParser
import Decoding
import Files
import JSON

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where a record of all passes goes.
struct TraceArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write what was computed when to this file, for the trace viewers of Chrome and Perfetto.",
            valueName: "file"),
        completion: .file())
    var trace: String?

    /// Something that records, if that is wanted.
    func start() throws -> TraceFile? { try trace.map { try TraceFile(path: $0) } }
}

/// A file for a trace. It is opened before the work begins, so that a wrong path is not found out behind it.
struct TraceFile {
    /// A file that cannot be written.
    struct Unwritable: Error, CustomStringConvertible {
        let path: String
        let code: Int32

        var description: String {
            "The trace cannot be written to \(path) (error \(code)). Give --trace a file in a folder that is there."
        }
    }

    /// What records.
    let trace = Trace()
    private let file: TemporaryFile

    init(path: String) throws {
        guard PathKind(of: path) != .folder else { throw Unwritable(path: path, code: EISDIR) }
        do { file = try TemporaryFile(path: path) } catch { throw Unwritable(path: path, code: error.code) }
    }

    /// Writes what was recorded.
    func write() throws {
        do {
            try file.write(Array((trace.json.serialized() + "\n").utf8), at: 0)
            try file.commit()
        } catch { throw Unwritable(path: file.path, code: error.code) }
    }
}
