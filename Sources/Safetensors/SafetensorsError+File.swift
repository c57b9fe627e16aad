public import Files

extension SafetensorsError {
    /// What can be wrong with a file before its header is looked at.
    public enum FileProblem: Hashable, Sendable, CustomStringConvertible {
        /// It cannot be opened or read.
        case access(FileError)
        /// There are not even the eight bytes that say how long the header is.
        case noLength(found: Int)
        /// The file ends before the data that its header promises.
        case truncated(found: Int, expected: Int)

        /// What was found, what was expected, and what to do next.
        public var description: String {
            switch self {
            case .access(let error): "\(error)"
            case .noLength(let found):
                "is not a safetensors file: it has \(found) bytes, and at least 8 are needed. Download it again."
            case .truncated(let found, let expected):
                "the file is truncated: its header says \(expected) bytes of data, but \(found) are there. "
                    + "Download it again."
            }
        }
    }
}
