internal import Tokenization

/// Turns thoughts into the tokens of a reward model.
struct RewardEncoder: Sendable {
    private let format: RewardFormat
    private let tokenizer: Tokenizer
    private let stepToken: Int32
    private let afterThought: [Int32]

    /// - Throws: `ReasonerError.unknownRewardToken`.
    init(_ format: RewardFormat, _ tokenizer: Tokenizer) throws(ReasonerError) {
        guard let stepToken = tokenizer.token(for: format.stepToken) else {
            throw .unknownRewardToken(format.stepToken)
        }
        self.format = format
        self.tokenizer = tokenizer
        self.stepToken = stepToken
        afterThought = tokenizer.encode(
            [PromptPart(format.afterThought, holdsSpecialTokens: true)], addsPrefix: false, continuesText: true)
    }

    /// The tokens of a thought, of which the last one gives the score. A thought that spells special tokens stays text.
    func tokens(of thought: Thought) -> [Int32] {
        let before = thought.depth == 1 ? format.firstThought : format.nextThought
        let parts = [
            PromptPart(before, holdsSpecialTokens: true),
            PromptPart(format.trimsThoughts ? thought.text.trimmed : thought.text, holdsSpecialTokens: false),
        ]
        return tokenizer.encode(parts, addsPrefix: false, continuesText: true) + afterThought + [stepToken]
    }
}
