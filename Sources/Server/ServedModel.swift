public import ChatTemplates
public import Decoding
public import SpecSearch
import Tokenization

/// The models that a server answers with.
public struct ServedModel: Sendable {
    /// What clients call it.
    public let name: String
    /// What clients are told the models' numbers depend on: kernels and modes.
    let fingerprint: String
    let scheduler: Scheduler
    let tokenizer: Tokenizer
    let chat: ChatFormat?
    /// Tokens that end a text.
    let endTokens: Set<Int32>
    /// How tokens are chosen unless a request says otherwise.
    let sampling: SamplingParameters
    let drafters: Set<Drafter>
    let reasoner: Reasoner?

    /// - Parameters:
    ///   - name: what clients call it.
    ///   - fingerprint: what the numbers depend on.
    ///   - scheduler: computes; its tokenizer must be there.
    ///   - chat: how a conversation is written; nil refuses conversations.
    ///   - endTokens: tokens that end a text.
    ///   - sampling: how tokens are chosen unless a request says otherwise.
    ///   - drafters: who proposes tokens.
    ///   - reasoner: searches with the same scheduler; nil refuses searches.
    /// - Throws: `DecodingError.noTokenizer`.
    public init(
        name: String, fingerprint: String, scheduler: Scheduler, chat: ChatFormat?, endTokens: Set<Int32>,
        sampling: SamplingParameters, drafters: Set<Drafter>, reasoner: Reasoner?
    ) throws(DecodingError) {
        guard let tokenizer = scheduler.tokenizer else { throw .noTokenizer }
        self.name = name
        self.fingerprint = fingerprint
        self.scheduler = scheduler
        self.tokenizer = tokenizer
        self.chat = chat
        self.endTokens = endTokens.union([chat?.endOfTurn].compactMap { $0 })
        self.sampling = sampling
        self.drafters = drafters
        self.reasoner = reasoner
    }
}
