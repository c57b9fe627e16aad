import Files
import JSON

/// Results as JSON lines, kept while an evaluation runs: one that is begun again goes on behind the last whole line.
///
/// The first line says how the searches were made; results of others are not mixed with them.
final class ResultsFile {
    /// Why results cannot be kept in a file.
    enum Unusable: Error, CustomStringConvertible {
        case unreadable(path: String, FileError)
        case unwritable(path: String, code: Int32)
        case otherSearches(path: String)
        case invalid(path: String, line: Int)
        case partial(path: String, contender: String, found: Int, expected: Int)

        var description: String {
            switch self {
            case .unreadable(let path, let error): "\(path): \(error)"
            case .unwritable(let path, let code): "\(path) cannot be written: error \(code). Choose another place."
            case .otherSearches(let path):
                "\(path) holds results of other searches, models or problems. Choose another file for these."
            case .invalid(let path, let line): "\(path), line \(line) is no result. Choose another file."
            case .partial(let path, let contender, let found, let expected):
                "\(path) holds results of \(contender) for \(found) of \(expected) problems. What was remembered behind them is not "
                    + "kept: choose another file to begin anew, or leave --remember away."
            }
        }
    }

    /// What the file held when it was opened.
    let results: [SolvedProblem]
    private let path: String
    private let file: AppendedFile

    /// Opens a file of results, or begins one.
    ///
    /// - Parameter settings: how the searches are made, without policy and seed.
    init(path: String, settings: JSONValue) throws(Unusable) {
        self.path = path
        let bytes = try ResultsFile.bytes(of: path)
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let header: JSONValue = ["format": "specsearch results 2", "settings": settings]
        results = bytes.isEmpty ? [] : try ResultsFile.results(in: bytes[..<end], path: path, header: header)
        do throws(WriteError) {
            file = try AppendedFile(path: path)
            try file.truncate(to: end)
            if end == 0 { try file.append(ResultsFile.line(header)) }
        } catch { throw .unwritable(path: path, code: error.code) }
    }

    /// Adds a result.
    func add(_ result: SolvedProblem) throws(Unusable) {
        do { try file.append(ResultsFile.line(result.json)) } catch {
            throw .unwritable(path: path, code: error.code)
        }
    }

    /// Throws if some of the results of a contender with a seed are there, but not all.
    func checkIsWhole(of problems: [Problem], _ contenders: [Contender], _ seeds: [UInt64]) throws(Unusable) {
        for contender in contenders {
            for seed in seeds {
                let ids = Set(results.filter { $0.contender == contender.name && $0.seed == seed }.map(\.id))
                let found = problems.count { ids.contains($0.id) }
                guard found == 0 || found == problems.count else {
                    throw .partial(path: path, contender: contender.name, found: found, expected: problems.count)
                }
            }
        }
    }

    private static func bytes(of path: String) throws(Unusable) -> [UInt8] {
        do { return try InputFile(path: path, followsLinks: true).readAll(limit: 1 << 30) } catch {
            if case .missing = error { return [] }
            throw .unreadable(path: path, error)
        }
    }

    private static func results(
        in bytes: ArraySlice<UInt8>, path: String, header: JSONValue
    ) throws(Unusable) -> [SolvedProblem] {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first, Array(first) + [UInt8(ascii: "\n")] == line(header) else {
            throw .otherSearches(path: path)
        }
        var results: [SolvedProblem] = []
        for (index, line) in lines.enumerated().dropFirst() {
            guard let json = try? JSONValue(parsing: Array(line)), let result = SolvedProblem(json) else {
                throw .invalid(path: path, line: index + 1)
            }
            results.append(result)
        }
        return results
    }

    private static func line(_ json: JSONValue) -> [UInt8] { Array((json.serialized() + "\n").utf8) }
}
