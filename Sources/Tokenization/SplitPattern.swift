/// The regular expressions by which byte-level vocabularies split text before merging.
///
/// A pattern is recognised by its spelling and carried out by `PieceScanner`; no regular expression ever runs, so no
/// file can bring one that takes exponential time.
enum SplitPattern: Sendable, CaseIterable {
    /// Every digit is a piece (Qwen2, Qwen2.5, Qwen3).
    case qwen
    /// Digits in groups of up to three, from the left (Llama 3 to 3.3).
    case llama3

    /// The pattern as tokenizer.json spells it.
    var spelling: String {
        let digits =
            switch self {
            case .qwen: #"\p{N}"#
            case .llama3: #"\p{N}{1,3}"#
            }
        return #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    /// The largest number of digits in one piece.
    var longestNumber: Int {
        switch self {
        case .qwen: 1
        case .llama3: 3
        }
    }
}
