import Decoding
import SpecSearch
import Tokenization
import Transformer

/// A model with its tokenizer, and perhaps a smaller one with the same vocabulary, which proposes tokens.
struct ModelPair {
    let target: LanguageModel
    let draft: LanguageModel?
    let tokenizer: Tokenizer

    /// Loads both, showing progress to a person who looks.
    init(_ folder: String, draft small: String?, threads: Int?) throws {
        let progress = ProgressLine("loading \(folder)")
        defer { progress.clear() }
        target = try LanguageModel(contentsOf: folder, threads: threads) { progress.show($0) }
        draft = try small.map { try LanguageModel(contentsOf: $0, threads: threads) }
        tokenizer = try Tokenizer(contentsOf: folder)
        if let small, let difference = tokenizer.firstDifference(from: try Tokenizer(contentsOf: small)) {
            throw ReasonerError.differentVocabularies(difference)
        }
    }

    /// Who computes for them, with the number of proposals that pays.
    func scheduler(_ computing: ComputeArguments) async throws -> Scheduler {
        let scheduler = try Scheduler(
            target: target, draft: draft, tokenizer: tokenizer, thread: computing.thread(),
            limits: computing.configuration.limits)
        if draft != nil { await scheduler.calibrate(.ofUser) }
        return scheduler
    }
}
