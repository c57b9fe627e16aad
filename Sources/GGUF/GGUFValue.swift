/// The value of a metadata entry.
public enum GGUFValue: Sendable, Hashable {
    /// Any integer that fits in 64 bits with a sign.
    case integer(Int)
    /// A number of 32 or 64 bits.
    case number(Double)
    case bool(Bool)
    case string(String)
    case integers([Int])
    case numbers([Double])
    case bools([Bool])
    case strings([String])

    /// What kind of value this is, for error texts.
    public var kind: String {
        switch self {
        case .integer: "an integer"
        case .number: "a number"
        case .bool: "a boolean"
        case .string: "a text"
        case .integers: "a list of integers"
        case .numbers: "a list of numbers"
        case .bools: "a list of booleans"
        case .strings: "a list of texts"
        }
    }
}
