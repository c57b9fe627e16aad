public import Safetensors

/// Why a part of a tree cannot be saved, or not be restored from a file.
public enum CacheFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is no safetensors file, or cannot be written.
    case file(SafetensorsError)
    /// The file holds something else, or was made by other models, kernels or modes.
    case otherOrigin(path: String, field: String, found: String?, expected: String)
    /// The file does not hold together.
    case malformed(path: String, reason: String)
    /// Bytes are not what was written.
    case damaged(path: String)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .otherOrigin(let path, let field, let found, let expected):
            "\(path): \(field) is \(found.map(SafetensorsError.quoted) ?? "missing"), expected \"\(expected)\". Keys and values "
                + "are of use only to the models, kernels and modes that computed them: compute them again."
        case .malformed(let path, let reason):
            "\(path): this is no cache that was saved here: \(reason). Save it again."
        case .damaged(let path): "\(path): the file is damaged: its checksum is another one. Save it again."
        }
    }
}
