/// The value of a metadata entry.
public enum GGUFValue: Sendable, Hashable {
    /// Any integer that fits in 64 bits with a sign.
    case integer(Int)
    /// A number of 32 or 64 bits.
    case number(Double)
    /// True or false (`BOOL`).
    case bool(Bool)
    /// A text in UTF-8 (`STRING`).
    case string(String)
    /// A list (`ARRAY`) of integers that fit in 64 bits with a sign.
    case integers([Int])
    /// A list of numbers of 32 or 64 bits.
    case numbers([Double])
    /// A list of booleans.
    case bools([Bool])
    /// A list of texts.
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
