/// How the elements of a tensor are stored: in blocks that share scales, or one by one. Numbers as in GGUF files.
public enum GGUFType: UInt32, Sendable, Hashable, CaseIterable {
    /// `F32`: 32 bits, IEEE 754 binary32, one by one.
    case float32 = 0
    /// `F16`: 16 bits, IEEE 754 binary16, one by one.
    case float16 = 1
    /// `Q4_0`: 4 bits around 8, in blocks of 32 with a scale of 16 bits.
    case q40 = 2
    /// `Q4_1`: 4 bits, in blocks of 32 with a scale and a minimum of 16 bits each.
    case q41 = 3
    /// `Q8_0`: 8 bits with a sign, in blocks of 32 with a scale of 16 bits.
    case q80 = 8
    /// `Q4_K`: 4 bits, in blocks of 256; groups of 32 have a scale and a minimum of 6 bits, times one of 16 per block.
    case q4K = 12
    /// `Q5_K`: 5 bits, in blocks of 256; groups of 32 have a scale and a minimum of 6 bits, times one of 16 per block.
    case q5K = 13
    /// `Q6_K`: 6 bits around 32, in blocks of 256; groups of 16 have a scale of 8 bits, times one of 16 per block.
    case q6K = 14
    /// `BF16`: 16 bits, the upper half of a binary32, one by one.
    case bfloat16 = 30

    /// Elements of a block, which lie side by side along the innermost axis.
    public var blockElements: Int {
        switch self {
        case .float32, .float16, .bfloat16: 1
        case .q40, .q41, .q80: 32
        case .q4K, .q5K, .q6K: 256
        }
    }

    /// Bytes of a block.
    public var blockBytes: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        case .q40: 2 + 16
        case .q41: 2 + 2 + 16
        case .q80: 2 + 32
        case .q4K: 2 + 2 + 12 + 128
        case .q5K: 2 + 2 + 12 + 32 + 128
        case .q6K: 128 + 64 + 16 + 2
        }
    }

    /// The name that llama.cpp gives it.
    public var name: String {
        switch self {
        case .float32: "F32"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .q40: "Q4_0"
        case .q41: "Q4_1"
        case .q80: "Q8_0"
        case .q4K: "Q4_K"
        case .q5K: "Q5_K"
        case .q6K: "Q6_K"
        }
    }
}
