import Files
import JSON

/// Why a file is not a set of problems.
enum ProblemError: Error, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(path: String, FileError)
    /// The file has no line with a problem.
    case empty(path: String)
    /// A line is no problem that can be checked.
    case invalid(path: String, line: Int, reason: String)

    var description: String {
        switch self {
        case .unreadable(let path, let error): "\(path): \(error)"
        case .empty(let path): "\(path) holds no problems. Give a file with one JSON object per line."
        case .invalid(let path, let line, let reason):
            "\(path), line \(line): \(reason). Each line is an object with id, task, question and answer."
        }
    }
}

/// A problem whose answers can be checked.
struct Problem: Sendable {
    /// How an answer is checked.
    enum Task: Sendable {
        /// It must be the expected text.
        case exact
        /// Its steps must reach the target with each number used once.
        case countdown(numbers: [Int], target: Int)
        /// It must list different numbers of these that add up to the target.
        case subset(numbers: [Int], target: Int)
    }

    let id: String
    let question: String
    let answer: String
    let task: Task

    /// Reads JSON lines: at least one problem.
    static func read(_ path: String) throws(ProblemError) -> [Problem] {
        let bytes: [UInt8]
        do {
            bytes = try InputFile(path: path, followsLinks: true).readAll(limit: 1 << 28)
        } catch { throw .unreadable(path: path, error) }
        var problems: [Problem] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) else { continue }
            let json: JSONValue
            do {
                json = try JSONValue(parsing: Array(line))
            } catch { throw .invalid(path: path, line: index + 1, reason: "\(error)") }
            problems.append(try Problem(json, path: path, line: index + 1))
        }
        guard !problems.isEmpty else { throw .empty(path: path) }
        return problems
    }

    private init(_ json: JSONValue, path: String, line: Int) throws(ProblemError) {
        guard let id = json["id"]?.string, let question = json["question"]?.string,
            let answer = json["answer"]?.string
        else { throw .invalid(path: path, line: line, reason: "id, question or answer is missing") }
        guard question.contains(where: { !$0.isWhitespace }) else {
            throw .invalid(path: path, line: line, reason: "the question is empty")
        }
        (self.id, self.question, self.answer) = (id, question, answer)
        switch json["task"]?.string ?? "exact" {
        case "exact": task = .exact
        case "countdown", "subset":
            guard let numbers = json["numbers"]?.array?.compactMap(\.int), let target = json["target"]?.int,
                numbers.count == json["numbers"]?.array?.count
            else { throw .invalid(path: path, line: line, reason: "numbers or target is missing") }
            task =
                json["task"] == "countdown"
                ? .countdown(numbers: numbers, target: target) : .subset(numbers: numbers, target: target)
        case let other:
            throw .invalid(
                path: path, line: line,
                reason: "the task \"\(other)\" has no checker; known: exact, countdown, subset")
        }
    }

    /// Whether a reasoning solves the problem.
    ///
    /// - Parameters:
    ///   - answer: what the text marks as the answer.
    ///   - text: the whole reasoning.
    func isSolved(by answer: String?, text: String) -> Bool {
        guard let answer else { return false }
        switch task {
        case .exact: return answer == self.answer
        case .countdown(let numbers, let target):
            return answer == String(target) && CountdownChecker(numbers: numbers).reaches(target, in: text)
        case .subset(let numbers, let target):
            let words = answer.split(separator: " ")
            let chosen = Set(words.compactMap { Int($0) })
            let sum = chosen.reduce(0 as Int?) { sum, number in
                sum.map { $0.addingReportingOverflow(number) }.flatMap { $0.overflow ? nil : $0.partialValue }
            }
            return chosen.count == words.count && chosen.isSubset(of: numbers) && sum == target
        }
    }
}
