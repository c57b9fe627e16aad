#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Why a file cannot be read.
public enum FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nothing has this path.
    case missing
    /// The system refused an operation; `code` is its error number.
    case unreadable(code: Int32)
    /// The path names a folder, a pipe or a device.
    case notRegular
    /// The path names a symbolic link where links are refused.
    case symbolicLink
    /// A file that is read whole has more bytes than anyone needs.
    case tooLarge(found: Int, limit: Int)
    /// Somebody wrote to the file while it was open.
    case changed

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .missing: "there is no such file. Check the path."
        case .unreadable(let code):
            "cannot be read: \(String(cString: strerror(code))). Check the permissions and the disk."
        case .notRegular: "expected a regular file, found a folder, pipe or device. Check the path."
        case .symbolicLink:
            "is a symbolic link; symlinked or absolute shard names are refused. Copy the file into the folder (cp -L)."
        case .tooLarge(let found, let limit):
            "has \(found) bytes, more than the \(limit) such a file may have. Check that it is the right file."
        case .changed: "the file changed while it was open. Load it again when nothing writes to it."
        }
    }
}
