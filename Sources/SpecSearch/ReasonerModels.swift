internal import Decoding
internal import Tokenization

/// What the searches of a reasoner share.
struct ReasonerModels: Sendable {
    let scheduler: Scheduler
    let tokenizer: Tokenizer
    let format: PromptFormat
    /// Tokens that end a text.
    let endTokens: Set<Int32>
    let hasDraft: Bool
    let scorer: (any ThoughtScorer)?

    /// The tokens of the prompt that asks a question. A question that spells special tokens stays text.
    func tokens(of question: String) throws(SearchError) -> [Int32] { try format.tokens(of: question, tokenizer) }
}
