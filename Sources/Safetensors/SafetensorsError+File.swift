extension SafetensorsError {
    /// What can be wrong with a file before its header is looked at.
    public enum FileProblem: Hashable, Sendable, CustomStringConvertible {
        /// Nothing has this path.
        case missing
        /// The system refused an operation; `code` is its error number.
        case unreadable(code: Int32)
        /// The path names a folder, a pipe or a device.
        case notRegular
        /// The path names a symbolic link where links are refused.
        case symbolicLink
        /// A small file, such as an index, has more bytes than anyone needs.
        case tooLarge(found: Int, limit: Int)
        /// There are not even the eight bytes that say how long the header is.
        case noLength(found: Int)
        /// The file ends before the data that its header promises.
        case truncated(found: Int, expected: Int)
        /// Somebody wrote to the file while it was open.
        case changed

        public var description: String {
            switch self {
            case .missing: "there is no such file. Check the path."
            case .unreadable(let code):
                "cannot be read: \(SafetensorsError.systemText(code)). Check the permissions and the disk."
            case .notRegular: "expected a regular file, found a folder, pipe or device. Check the path."
            case .symbolicLink:
                "is a symbolic link; symlinked or absolute shard names are refused. "
                    + "Copy the file into the folder (cp -L)."
            case .tooLarge(let found, let limit):
                "has \(found) bytes, more than the \(limit) such a file may have. Check that it is the right file."
            case .noLength(let found):
                "is not a safetensors file: it has \(found) bytes, and at least 8 are needed. Download it again."
            case .truncated(let found, let expected):
                "the file is truncated: its header says \(expected) bytes of data, but \(found) are there. "
                    + "Download it again."
            case .changed: "the file changed while it was open. Load it again when nothing writes to it."
            }
        }
    }
}
