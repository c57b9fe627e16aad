#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why weights cannot be read or written: where, what was found, and what was expected.
public enum SafetensorsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A file cannot be opened, or is not what it was.
    case file(path: String, FileProblem)
    /// The header as a whole breaks the format.
    case header(path: String, HeaderProblem)
    /// The header's entry for one tensor breaks the format, or the tensor cannot be used as asked.
    case tensor(name: String, path: String, TensorProblem)
    /// A folder of shards does not fit together.
    case folder(path: String, FolderProblem)
    /// A file cannot be written.
    case writing(path: String, WritingProblem)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .file(let path, let problem): "\(path): \(problem)"
        case .header(let path, let problem):
            "\(path): the safetensors header is wrong: \(problem) \(problem.nextStep)"
        case .tensor(let name, let path, let problem): "\(path): tensor \(SafetensorsError.quoted(name)): \(problem)"
        case .folder(let path, let problem): "\(path): \(problem)"
        case .writing(let path, let problem): "\(path): \(problem)"
        }
    }
}

extension SafetensorsError {
    /// What the operating system says about an error number, with the number.
    static func systemText(_ code: Int32) -> String { "\(String(cString: strerror(code))) (error \(code))" }

    /// A name from a file as it may be shown: in quotes, and shortened.
    package static func quoted(_ name: String) -> String { "\"\(shortened(name))\"" }

    /// A text from a file without control characters, and cut if it is long.
    static func shortened(_ text: String) -> String {
        let limit = 200
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) {
            shown.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
        }
        return String(shown) + (text.unicodeScalars.dropFirst(limit).isEmpty ? "" : "…")
    }
}
