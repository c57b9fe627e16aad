public import Files

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Why a GGUF file cannot be used: where, what was found, and what was expected.
public enum GGUFError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file cannot be opened, or is not what it was.
    case file(path: String, FileError)
    /// The file breaks the format; `problem` says what was found and what was expected.
    case format(path: String, problem: String)
    /// A tensor breaks the format or is of a kind that is not read.
    case tensor(path: String, name: String, problem: String)
    /// A metadata entry is missing, of another kind, or out of range.
    case metadata(path: String, key: String, problem: String)

    /// The system did not let us write; `code` is its error number.
    case writing(path: String, code: Int32)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .file(let path, let error): "\(path): \(error)"
        case .format(let path, let problem): "\(path): not a usable GGUF file: \(problem)"
        case .tensor(let path, let name, let problem): "\(path): tensor \(GGUFError.quoted(name)): \(problem)"
        case .writing(let path, let code):
            "\(path): cannot be written: \(String(cString: strerror(code))). Check the permissions and the disk."
        case .metadata(let path, let key, let problem): "\(path): metadata \(GGUFError.quoted(key)): \(problem)"
        }
    }

    /// A name from a file as it may be shown: without control characters, and cut if it is long.
    static func quoted(_ name: String) -> String {
        let limit = 100
        var shown = String.UnicodeScalarView()
        for scalar in name.unicodeScalars.prefix(limit) {
            shown.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
        }
        return "\"" + String(shown) + (name.unicodeScalars.count > limit ? "…\"" : "\"")
    }
}
