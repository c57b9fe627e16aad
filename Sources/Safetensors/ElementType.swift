/// What one element of a tensor is; the raw value is the spelling in safetensors headers.
///
/// Types below one byte (F4, F6…) and complex numbers exist in the format and are refused by name when read.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
    /// A floating-point number of 64 bits: IEEE 754 binary64 (`F64`).
    case float64 = "F64"
    /// A floating-point number of 32 bits: IEEE 754 binary32 (`F32`).
    case float32 = "F32"
    /// A floating-point number of 16 bits: IEEE 754 binary16 (`F16`).
    case float16 = "F16"
    /// A floating-point number of 16 bits: the upper half of a binary32 (`BF16`).
    case bfloat16 = "BF16"
    /// A floating-point number of 8 bits, 4 of exponent and 3 of fraction (`F8_E4M3`).
    case float8E4M3 = "F8_E4M3"
    /// A floating-point number of 8 bits, 5 of exponent and 2 of fraction (`F8_E5M2`).
    case float8E5M2 = "F8_E5M2"
    /// An integer of 64 bits with a sign (`I64`).
    case int64 = "I64"
    /// An integer of 32 bits with a sign (`I32`).
    case int32 = "I32"
    /// An integer of 16 bits with a sign (`I16`).
    case int16 = "I16"
    /// An integer of 8 bits with a sign (`I8`).
    case int8 = "I8"
    /// An integer of 64 bits without a sign (`U64`).
    case uint64 = "U64"
    /// An integer of 32 bits without a sign (`U32`).
    case uint32 = "U32"
    /// An integer of 16 bits without a sign (`U16`).
    case uint16 = "U16"
    /// An integer of 8 bits without a sign (`U8`).
    case uint8 = "U8"
    /// A boolean, in a byte of its own (`BOOL`).
    case bool = "BOOL"

    /// The size of one element in bytes.
    public var bytes: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float8E4M3, .float8E5M2, .int8, .uint8, .bool: 1
        }
    }

    /// Whether elements are numbers that `TensorView.copyFloats` can widen to `Float`.
    public var isFloatingPoint: Bool {
        switch self {
        case .float64, .float32, .float16, .bfloat16: true
        default: false
        }
    }
}
