/// The two tokens by which a causal model judges a thought: `+` and `-` for Math-Shepherd (Wang et al., 2024).
///
/// The score is the softmax over their two logits.
public struct VerdictTokens: Sendable, Hashable {
    /// What stands for a thought that leads on.
    public let good: String
    /// What stands for one that does not.
    public let bad: String

    /// A pair of tokens, each spelled as the tokenizer does.
    public init(good: String, bad: String) {
        self.good = good
        self.bad = bad
    }
}
