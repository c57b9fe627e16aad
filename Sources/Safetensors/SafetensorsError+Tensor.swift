extension SafetensorsError {
    /// What can be wrong with one tensor.
    public enum TensorProblem: Error, Hashable, Sendable, CustomStringConvertible {
        /// The header's entry is not an object; `found` is the kind of JSON value.
        case notAnObject(found: String)
        /// The element type is no string, unknown, or one that this package cannot read.
        case elementType(found: String)
        /// The shape is not an array of whole numbers from 0 to `TensorInfo.largestDimension`.
        case shape(found: String)
        /// The shape has too many axes.
        case rank(found: Int, limit: Int)
        /// The number of bytes of this shape does not fit in 63 bits.
        case overflow(shape: [Int])
        /// The offsets are not two whole numbers in rising order.
        case offsets(found: String)
        /// The offsets span another number of bytes than shape and type need.
        case size(found: Int, expected: Int)
        /// Elements of this type cannot be widened to floating-point numbers.
        case notFloatingPoint(ElementType)

        /// What was found, what was expected, and what to do next.
        public var description: String {
            switch self {
            case .notAnObject(let found): "its header entry is a \(found), expected an object."
            case .elementType(let found):
                "the element type \(found) is not supported, expected one of "
                    + ElementType.allCases.map(\.rawValue).joined(separator: ", ")
                    + ". Convert the weights with the tool that made them."
            case .shape(let found):
                "the shape is \(found), expected whole numbers from 0 to \(TensorInfo.largestDimension)."
            case .rank(let found, let limit): "the shape has \(found) axes, at most \(limit) are accepted."
            case .overflow(let shape): "a tensor of shape \(shape) has more bytes than any file."
            case .offsets(let found): "the data offsets are \(found), expected two whole numbers, begin ≤ end."
            case .size(let found, let expected):
                "the offsets span \(found) bytes, but shape and element type need \(expected)."
            case .notFloatingPoint(let type):
                "its elements are \(type.rawValue), expected F64, F32, F16 or BF16. Use its bytes instead."
            }
        }
    }
}
