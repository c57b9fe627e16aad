import Foundation
import JSON
import TestSupport
import XCTest

/// One of the package's programs, run as its users run it: as a process of its own, in the folder of the checkout.
struct Command {
    static let specsearch = Command(name: "specsearch")
    static let convert = Command(name: "convert")

    /// What a run that has ended left behind.
    struct Result {
        let standardOutput: String
        let standardError: String
        /// The exit code, or the number of the signal that ended the run.
        let status: Int32
        /// Whether the run ended by itself, and not by a signal or for want of time.
        let hasExited: Bool

        /// Lines of standard output that are not empty.
        var lines: [String] { standardOutput.split(separator: "\n").map(String.init) }
        /// Lines of standard error that are not empty.
        var errorLines: [String] { standardError.split(separator: "\n").map(String.init) }

        /// The JSON value that standard output holds.
        func json(file: StaticString = #filePath, line: UInt = #line) throws -> JSONValue {
            XCTAssertTrue(hasExited && status == 0, "ended with \(status): \(standardError)", file: file, line: line)
            return try JSONValue(parsing: standardOutput)
        }
    }

    let name: String

    /// Where the build puts programs and tests.
    private static let folder: URL = {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        return bundle?.bundleURL.deletingLastPathComponent() ?? Bundle.main.bundleURL
    }()

    private static let cacheFolder = NSTemporaryDirectory() + "specsearch-tests-\(getpid())"

    /// Runs the program to its end.
    ///
    /// - Parameters:
    ///   - input: what it reads from standard input.
    ///   - environment: variables in addition to the tests' own.
    ///   - seconds: after how many it is killed.
    ///   - meanwhile: what to do once it runs, given its process number.
    /// - Throws: if it cannot be started.
    func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], within seconds: Double = 60,
        meanwhile: (pid_t) throws -> Void = { _ in }
    ) throws -> Result {
        // Files, because a pipe that nobody reads while the program runs would fill up.
        let streams = try [input, "", ""].map { try TemporaryStream($0) }
        let process = Process()
        process.executableURL = Command.folder.appendingPathComponent(name)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: RepositoryRoot.path)
        // A trap then ends at once, without the seconds that its backtrace takes.
        // What programs remember of this machine is none of the tests' business.
        let quick = ["SWIFT_BACKTRACE": "enable=no", "XDG_CACHE_HOME": Command.cacheFolder]
        process.environment = ProcessInfo.processInfo.environment.merging(quick) { $1 }.merging(environment) { $1 }
        process.standardInput = try streams[0].reader()
        process.standardOutput = try streams[1].writer()
        process.standardError = try streams[2].writer()
        let hasEnded = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in hasEnded.signal() }
        try process.run()
        try meanwhile(process.processIdentifier)
        let isLate = hasEnded.wait(timeout: .now() + seconds) == .timedOut
        if isLate { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return Result(
            standardOutput: try streams[1].text(), standardError: try streams[2].text(),
            status: process.terminationStatus, hasExited: !isLate && process.terminationReason == .exit)
    }

    /// Fails unless the program refuses what it is given: one line that says these words, nothing on standard output,
    /// and the exit code.
    func assertRefuses(
        _ arguments: [String], code: Int32, saying words: String..., input: String = "",
        file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let result = try run(arguments, input: input)
        let said = "\(arguments.joined(separator: " ").prefix(200)): \(result.standardError)"
        XCTAssertTrue(result.hasExited, "signal \(result.status), \(said)", file: file, line: line)
        XCTAssertEqual(result.status, code, said, file: file, line: line)
        XCTAssertEqual(result.standardOutput, "", said, file: file, line: line)
        XCTAssertEqual(result.errorLines.count, 1, said, file: file, line: line)
        let prefix = name == "specsearch" ? "specsearch: " : "Error: "
        XCTAssertTrue(result.standardError.hasPrefix(prefix), said, file: file, line: line)
        for word in words {
            XCTAssertTrue(result.standardError.contains(word), "no \"\(word)\" in \(said)", file: file, line: line)
        }
    }

    /// Checks that it does its work.
    func assertSucceeds(_ arguments: [String], file: StaticString = #filePath, line: UInt = #line) throws {
        let result = try run(arguments)
        XCTAssertTrue(result.hasExited && result.status == 0, result.standardError, file: file, line: line)
    }

    /// Fails unless the program refuses how it is called: the error, the usage, and exit code 64.
    func assertMisused(
        _ arguments: [String], saying words: String, file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let result = try run(arguments)
        let said = "\(arguments.joined(separator: " ")): \(result.standardError)"
        XCTAssertTrue(result.hasExited && result.status == 64, "\(result.status), \(said)", file: file, line: line)
        XCTAssertEqual(result.standardOutput, "", said, file: file, line: line)
        let error = result.errorLines.first ?? ""
        XCTAssertTrue(error.hasPrefix("Error: ") && error.contains(words), said, file: file, line: line)
        XCTAssertTrue(result.standardError.contains("Usage: \(name)"), said, file: file, line: line)
    }
}

/// A file that stands for one of a process's three streams; it is removed with its owner.
private final class TemporaryStream {
    private let url: URL

    init(_ text: String) throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("stream-\(UUID().uuidString)")
        try Data(text.utf8).write(to: url)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func reader() throws -> FileHandle { try FileHandle(forReadingFrom: url) }
    func writer() throws -> FileHandle { try FileHandle(forWritingTo: url) }
    func text() throws -> String { String(decoding: try Data(contentsOf: url), as: UTF8.self) }
}

extension JSONValue {
    /// The numbers of an array.
    var floats: [Float] { array?.compactMap { $0.double.map { Float($0) } } ?? [] }
    /// The whole numbers of an array.
    var integers: [Int] { array?.compactMap(\.int) ?? [] }
    /// The names of an object's members, in alphabetic order.
    var names: [String] { object?.members.map(\.name).sorted() ?? [] }
}

extension Sequence<Int32> {
    /// Token ids as the programs take them.
    var list: String { map { String($0) }.joined(separator: ",") }
}
