import ArgumentParser
import Decoding
import JSON

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

/// A trace and the file that it will be written to.
struct TraceFile {
    /// What records.
    let trace = Trace()
    private let file: OutputFile

    init(path: String) throws { file = try OutputFile(path: path, option: "--trace") }

    /// Writes what was recorded.
    func write() throws { try file.write(trace.json.serialized() + "\n") }
}
