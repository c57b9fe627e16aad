/// How a process reward model wants to read thoughts: what stands before and behind each, and which token gives the score.
///
/// The published forms, as `rewardFormat`, `stepToken`, `goodToken` and `badToken` of a `bundle.json`; tokens are spelled as in
/// the vocabulary:
///
/// | model | prompt | firstThought | nextThought | afterThought | stepToken | pair |
/// |---|---|---|---|---|---|---|
/// | Qwen2.5-Math-PRM | its chat template | | | | `<extra_0>` | |
/// | Skywork-o1-Open-PRM | `{question}\n` | | | | `Ċ` | |
/// | Math-Shepherd | `{question}` | a blank | `\n` | | `▁ки` | `▁+`, `▁-` |
/// | Math-psa | `{question}` | a blank | a blank | | `ĠĊĊĊĊĊ` | `Ġ+`, `Ġ-` |
/// | RLHFlow | up to the user's turn, `{question}` | a blank | `+<\|eot_id\|>` and the user's next turn | `<\|eot_id\|>` and the assistant's turn | `ĊĊ` | `+`, `-` |
public struct RewardFormat: Sendable, Hashable {
    /// How the model is asked, if not as the others are.
    public var prompt: PromptFormat?
    /// What stands before the first thought. Special tokens of the model count in it.
    public var firstThought: String
    /// What stands before every other one.
    public var nextThought: String
    /// What stands behind a thought, before the step token.
    public var afterThought: String
    /// The token behind each thought at which the model gives the score, as its vocabulary spells it.
    public var stepToken: String
    /// Whether white space around a thought, its separator included, is left out.
    public var trimsThoughts: Bool

    /// - Parameters: the values of the properties, in their order.
    public init(
        prompt: PromptFormat? = nil, firstThought: String = "", nextThought: String = "", afterThought: String = "",
        stepToken: String, trimsThoughts: Bool = false
    ) {
        self.prompt = prompt
        self.firstThought = firstThought
        self.nextThought = nextThought
        self.afterThought = afterThought
        self.stepToken = stepToken
        self.trimsThoughts = trimsThoughts
    }
}
