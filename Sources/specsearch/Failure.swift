import CacheTree
import ChatTemplates
import Decoding
import Files
import Safetensors
import SpecSearch
import Tokenization
import Transformer

/// An error of the libraries as the program reports it: a text and an exit code of sysexits.h.
struct Failure {
    /// Wrong usage.
    static let usage: Int32 = 64
    /// An input file cannot be used.
    static let badInput: Int32 = 65
    /// An input file is missing.
    static let missing: Int32 = 66
    /// Something that should not happen.
    static let inner: Int32 = 70
    /// The budgeted memory does not suffice.
    static let memory: Int32 = 75

    let text: String
    let code: Int32

    /// Nil for errors that the argument parser reports itself.
    init?(_ error: any Error) {
        switch error {
        case let error as LoadError: code = Failure.code(of: error)
        case let error as TokenizerError: code = Failure.code(of: error)
        case let error as DecodingError: code = Failure.code(of: error)
        case let error as ReasonerError: code = Failure.code(of: error)
        case let error as ChatFormatError: code = Failure.code(of: error)
        case let error as ChatSessionError: code = Failure.code(of: error)
        case let error as TemplateError: code = Failure.code(of: error)
        case let error as SavedSearchError: code = Failure.code(of: error)
        case let error as SearchError: code = Failure.code(of: error)
        case is SamplingError, is OutputFile.Unwritable: code = Failure.usage
        case ProblemError.unreadable(_, .missing): code = Failure.missing
        case ResultsFile.Unusable.unwritable: code = Failure.usage
        case is ProblemError, is LineError, is ResultsFile.Unusable: code = Failure.badInput
        default: return nil
        }
        text = "\(error)"
    }

    private static func code(of error: LoadError) -> Int32 {
        switch error {
        case .missingFile: missing
        case .weights(.file(_, .access(.missing))), .weights(.folder(_, .noWeights)),
            .weights(.folder(_, .shardMissing)):
            missing
        case .quantized: usage
        default: badInput
        }
    }

    private static func code(of error: TokenizerError) -> Int32 {
        if case .unreadable(_, .missing) = error { missing } else { badInput }
    }

    private static func code(of error: DecodingError) -> Int32 {
        switch error {
        case .memory: memory
        case .cacheFile(.file(.file(_, .access(.missing)))): missing
        case .cacheFile(.file(.writing)): usage
        case .emptyPrompt, .unknownToken, .contextTooLong, .noDraftModel, .noTokenizer, .sampling,
            .unknownToDraft:
            usage
        case .invalidLogits, .notALanguageModel, .tokenizerTooLarge, .cacheFile: badInput
        case .cancelled: inner
        }
    }

    private static func code(of error: ChatSessionError) -> Int32 {
        switch error {
        case .busy: inner
        case .template(let error): code(of: error)
        case .decoding(let error): code(of: error)
        case .noConversation: badInput
        }
    }

    private static func code(of error: ChatFormatError) -> Int32 {
        if case .noTemplate = error { missing } else { badInput }
    }

    /// The messages are to blame, or the template.
    private static func code(of error: TemplateError) -> Int32 {
        switch error {
        case .raised, .limit: usage
        case .syntax, .unsupported, .undefined, .mismatch: badInput
        }
    }

    private static func code(of error: SearchError) -> Int32 {
        switch error {
        case .invalidParameter, .emptyQuestion, .unsupported: usage
        case .invalidScore: badInput
        case .notAsked, .wrongCount: inner
        }
    }

    private static func code(of error: SavedSearchError) -> Int32 {
        switch error {
        case .unreadable(_, .missing): missing
        case .unwritable: usage
        case .unreadable, .invalidJSON, .invalidMember, .otherOrigin, .inconsistent: badInput
        }
    }

    private static func code(of error: ReasonerError) -> Int32 {
        switch error {
        case .bundle(.unreadable(_, .missing)): missing
        case .chatFormat(let error): code(of: error)
        case .chatTemplate(let error): code(of: error)
        case .bundle, .differentVocabularies, .notARewardModel, .unknownRewardToken, .noScorer: badInput
        case .model(let error): code(of: error)
        case .tokenizer(let error): code(of: error)
        case .noDraftModel: usage
        case .search(let error): code(of: error)
        case .generation(let error): code(of: error)
        case .scorer(let error): (error as? ReasonerError).map { code(of: $0) } ?? inner
        case .saved(let error): code(of: error)
        }
    }
}
