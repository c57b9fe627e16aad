extension SafetensorsError {
    /// What can be wrong with a header as a whole.
    public enum HeaderProblem: Hashable, Sendable, CustomStringConvertible {
        /// The length field is 0, beyond the format's limit, or beyond the end of the file.
        case length(found: UInt64, limit: Int)
        /// The first byte is not an opening brace.
        case start(found: UInt8)
        /// Behind the closing brace stands something else than spaces.
        case trailing(found: UInt8)
        /// The text is not JSON, or names something twice; the reason is the parser's.
        case notJSON(reason: String)
        /// A tensor to be written has the name of another one, or the name of the metadata.
        case nameTaken(String)
        /// More tensors than the limit.
        case tooManyTensors(found: Int, limit: Int)
        /// `__metadata__`, or the member of it that is named, is not made of strings with distinct names.
        case metadata(name: String?, found: String)
        /// Bytes between two tensors, or behind the last one, belong to no tensor.
        case uncovered(Range<Int>)
        /// Two tensors share bytes.
        case overlap(first: String, second: String)

        /// What was found, what was expected, and what to do next.
        public var description: String {
            switch self {
            case .length(let found, let limit):
                "it claims \(found) bytes, expected between 2 and \(limit)."
            case .start(let found): "it starts with byte \(found), expected '{'."
            case .trailing(let found): "it ends with byte \(found), expected '}' and then spaces only."
            case .notJSON(let reason): "it is \(SafetensorsError.shortened(reason))."
            case .nameTaken(let name): "the name \(SafetensorsError.quoted(name)) is taken."
            case .tooManyTensors(let found, let limit): "it lists \(found) tensors, at most \(limit) are accepted."
            case .metadata(let name?, let found):
                "the metadata \(SafetensorsError.quoted(name)) is a \(found), expected one string under each name."
            case .metadata(nil, let found): "__metadata__ is a \(found), expected an object of strings."
            case .uncovered(let range):
                "bytes \(range.lowerBound) to \(range.upperBound) of the data belong to no tensor."
            case .overlap(let first, let second):
                "the tensors \(SafetensorsError.quoted(first)) and \(SafetensorsError.quoted(second)) share bytes."
            }
        }

        /// What the reader of the error can do.
        var nextStep: String {
            if case .nameTaken = self { "Give each tensor a name of its own." } else { "Download the file again." }
        }
    }
}
