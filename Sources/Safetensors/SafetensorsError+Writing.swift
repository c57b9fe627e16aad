internal import Files

extension SafetensorsError {
    /// What can go wrong while weights are written.
    public enum WritingProblem: Hashable, Sendable, CustomStringConvertible {
        /// The system refused an operation; `code` is its error number.
        case refused(code: Int32)
        /// Bytes were appended to a tensor that was not declared.
        case undeclared(tensor: String)
        /// More bytes were appended to a tensor than it has.
        case tooManyBytes(tensor: String, found: Int, expected: Int)
        /// The file was finished before all bytes of a tensor were appended.
        case missingBytes(tensor: String, found: Int, expected: Int)
        /// Something was appended after the end.
        case finished

        /// What was found, what was expected, and what to do next.
        public var description: String {
            switch self {
            case .refused(let code):
                "cannot be written: \(SafetensorsError.systemText(code)). Check the folder and the free space."
            case .undeclared(let tensor):
                "\(SafetensorsError.quoted(tensor)) was not declared when the file was begun. Declare it."
            case .tooManyBytes(let tensor, let found, let expected):
                "\(SafetensorsError.quoted(tensor)) has \(expected) bytes, and \(found) were appended. Check shape and element type."
            case .missingBytes(let tensor, let found, let expected):
                "\(SafetensorsError.quoted(tensor)) has \(expected) bytes, and only \(found) were appended. Append the rest, then finish."
            case .finished: "the file is finished or cancelled already. Begin a new one."
            }
        }
    }
}

extension SafetensorsError {
    /// Runs what writes, and says in our words what the system refused.
    static func wrapping<Value>(_ body: () throws(WriteError) -> Value) throws(SafetensorsError) -> Value {
        do { return try body() } catch { throw .writing(path: error.path, .refused(code: error.code)) }
    }
}
