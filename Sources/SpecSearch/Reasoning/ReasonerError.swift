public import ChatTemplates
public import Decoding
public import Tokenization
public import Transformer

/// Why a reasoner cannot be made or cannot answer.
public enum ReasonerError: Error, Sendable, CustomStringConvertible {
    /// The folder is no bundle of models.
    case bundle(BundleError)
    /// A model cannot be loaded.
    case model(LoadError)
    /// A tokenizer cannot be loaded.
    case tokenizer(TokenizerError)
    /// A model cannot be asked by a chat template.
    case chatFormat(ChatFormatError)
    /// A chat template refuses a question.
    case chatTemplate(TemplateError)
    /// Draft and target do not spell the same tokens.
    case differentVocabularies(VocabularyDifference)
    /// The reward model's folder holds a model that gives no two classes.
    case notARewardModel
    /// The reward model's tokenizer does not know the step token, or a token that stands for a verdict.
    case unknownRewardToken(String)
    /// A search needs a reward model or another scorer.
    case noScorer
    /// A policy needs a draft model.
    case noDraftModel(SpeculationPolicy)
    /// The search's parameters, its question or its scores are not what they should be.
    case search(SearchError)
    /// The models cannot generate.
    case generation(DecodingError)
    /// A scorer failed.
    case scorer(any Error)
    /// A search cannot be saved, or not be continued.
    case saved(SavedSearchError)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .bundle(let error): "\(error)"
        case .model(let error): "\(error)"
        case .tokenizer(let error): "\(error)"
        case .chatFormat(let error): "\(error)"
        case .chatTemplate(let error): "\(error)"
        case .differentVocabularies(let difference):
            "Draft and target must have the same vocabulary: \(difference). Choose a draft of the same family."
        case .notARewardModel:
            "The reward model has no head of step classes (score.0, score.2). Give a process reward model such as "
                + "Qwen2.5-Math-PRM, or name the goodToken and badToken of a causal model in bundle.json."
        case .unknownRewardToken(let token):
            "The reward model's tokenizer does not know the token \"\(token)\". Correct stepToken, goodToken or badToken "
                + "in bundle.json."
        case .noScorer:
            "A search needs a reward model. Name one in bundle.json, give a scorer of your own, or let the "
                + "target's likelihood judge."
        case .noDraftModel(let policy):
            "The policy \(policy.rawValue) needs a draft model. Name one in bundle.json, or choose the policy plain."
        case .search(let error): "\(error)"
        case .generation(let error): "\(error)"
        case .scorer(let error): "The scorer failed: \(error)"
        case .saved(let error): "\(error)"
        }
    }
}
