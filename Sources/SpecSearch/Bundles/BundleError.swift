public import Decoding
public import Files
public import JSON

/// Why a folder is not a bundle of models.
public enum BundleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(path: String, FileError)
    /// The file is not JSON.
    case invalidJSON(path: String, JSONError)
    /// A key is none of those that a bundle may have.
    case unknownKey(String, allowed: [String])
    /// A value is missing, of a wrong kind, or outside its range.
    case invalidValue(key: String, found: String, expected: String)
    /// A text has not the form that is needed.
    case template(key: String, found: String, expected: String)
    /// Something belongs to a conversation, but there is no chat template.
    case needsTemplate(key: String)
    /// A model's folder may lie outside the bundle.
    case unsafeFolder(key: String, found: String)
    /// A parameter of the sampling is outside its range.
    case sampling(SamplingError)
    /// A parameter of the search is outside its range.
    case search(SearchError)

    /// What is wrong with a member.
    init(_ problem: JSONFieldProblem) {
        self =
            switch problem {
            case .unknownKey(let key, let allowed): .unknownKey(key, allowed: allowed)
            case .invalidValue(let key, let found, let expected):
                .invalidValue(key: key, found: found, expected: expected)
            }
    }

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .unreadable(let path, let error): "\(path): \(error) Give the folder of a bundle."
        case .invalidJSON(let path, let error): "\(path): \(error). Correct the file."
        case .unknownKey(let key, let allowed):
            "bundle.json: there is no \(JSONValue.string(key).excerpt); allowed: \(allowed.joined(separator: ", ")). Correct or remove it."
        case .invalidValue(let key, let found, let expected):
            "bundle.json: \(key) is \(found), expected \(expected)."
        case .template(let key, let found, let expected):
            "bundle.json: \(key) is \(JSONValue.string(found).excerpt), expected \(expected)."
        case .needsTemplate(let key):
            "bundle.json: \(key) is given, but the chat template is raw: there is no conversation. Choose another "
                + "template, or remove it."
        case .unsafeFolder(let key, let found):
            "bundle.json: \(key) is \(JSONValue.string(found).excerpt), expected the name of a folder inside the "
                + "bundle, without \"..\". Move the model there, or make a link to it."
        case .sampling(let error): "bundle.json: \(error)"
        case .search(let error): "bundle.json: \(error)"
        }
    }
}
