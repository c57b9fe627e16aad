public import CacheTree

/// Why text cannot be generated.
public enum DecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The KV memory does not suffice.
    case memory(CacheError)
    /// A prompt has no tokens.
    case emptyPrompt
    /// A token id is not in the model's vocabulary.
    case unknownToken(id: Int32, vocabularySize: Int)
    /// The prompt leaves no room in the model's context.
    case contextTooLong(tokens: Int, context: Int)
    /// A request names the draft model, but there is none.
    case noDraftModel
    /// A path holds a token that the draft model does not have.
    case unknownToDraft(vocabularySize: Int)
    /// A model has another head than logits over a vocabulary.
    case notALanguageModel
    /// The tokenizer has more tokens than the model.
    case tokenizerTooLarge(tokens: Int, vocabularySize: Int)
    /// A request ends at a separator, but there is no tokenizer that tells what tokens spell.
    case noTokenizer
    /// A sampling parameter is outside its range.
    case sampling(SamplingError)
    /// The model gave something that is no number.
    case invalidLogits(position: Int)
    /// Paths cannot be saved or restored.
    case cacheFile(CacheFileError)
    /// The task that asked was cancelled.
    case cancelled

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .memory(let error): "\(error)"
        case .emptyPrompt: "The prompt is empty. Give at least one token."
        case .unknownToken(let id, let size):
            "The token id \(id) is not in the vocabulary; ids go from 0 to \(size - 1)."
        case .contextTooLong(let tokens, let context):
            "The prompt has \(tokens) tokens, but the model's context holds \(context), the answer included. "
                + "Shorten it."
        case .noDraftModel: "The request needs a draft model, but none is loaded. Give one with --draft DIR."
        case .unknownToDraft(let size):
            "The prompt holds a token that the draft model does not have; its vocabulary has \(size). Choose a draft of "
                + "the same family, or write with the target."
        case .notALanguageModel:
            "The model gives no logits over a vocabulary. Is it a reward model? Give a causal language model."
        case .tokenizerTooLarge(let tokens, let size):
            "The tokenizer has \(tokens) tokens, but the model only \(size). Do tokenizer.json and weights belong together?"
        case .noTokenizer: "The request ends at a separator, which needs the models' tokenizer.json."
        case .sampling(let error): "\(error)"
        case .invalidLogits(let position):
            "The model gave logits that are not numbers at position \(position). Are the weights damaged?"
        case .cacheFile(let error): "\(error)"
        case .cancelled: "The generation was cancelled."
        }
    }
}
