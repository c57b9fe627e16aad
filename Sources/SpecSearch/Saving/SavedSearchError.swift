public import Files
public import JSON

/// Why a search or a memory cannot be saved, or not be read from a file.
public enum SavedSearchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(path: String, FileError)
    /// The file cannot be written.
    case unwritable(path: String, reason: String)
    /// The file is not JSON.
    case invalidJSON(JSONError)
    /// A member is missing, unknown, of a wrong kind, or outside its range.
    case invalidMember(String, found: String, expected: String)
    /// It was made with other models, kernels or modes: what follows would not be what would have followed.
    case otherOrigin(String, found: String, expected: String)
    /// What it says was told is not what the search asks for.
    case inconsistent(step: Int, SearchError)

    init(_ problem: JSONFieldProblem) {
        self =
            switch problem {
            case .unknownKey(let key, let allowed):
                .invalidMember(key, found: "a key", expected: "one of \(allowed.joined(separator: ", "))")
            case .invalidValue(let key, let found, let expected):
                .invalidMember(key, found: found, expected: expected)
            }
    }

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .unreadable(let path, let error): "\(path): \(error)"
        case .unwritable(let path, let reason): "\(path) cannot be written: \(reason). Choose another place."
        case .invalidJSON(let error): "What was saved is not JSON: \(error). Was the file cut off?"
        case .invalidMember(let key, let found, let expected):
            "What was saved has not the form that this version writes: \(key) is \(found), expected \(expected)."
        case .otherOrigin(let name, let found, let expected):
            "The saved search was made with other \(name): \(found), here \(expected). It goes on only where it began: "
                + "begin anew."
        case .inconsistent(let step, let error): "The saved search does not hold together at step \(step): \(error)"
        }
    }
}
