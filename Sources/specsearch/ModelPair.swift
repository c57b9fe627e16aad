import Decoding
import Files
import SpecSearch
import Tokenization
import Transformer

/// A model, and perhaps a smaller one with the same vocabulary, which proposes tokens.
struct ModelPair {
    let target: LanguageModel
    let draft: LanguageModel?
    private let folder: String
    private let draftFolder: String?

    /// Loads both, showing progress to a person who looks.
    init(_ folder: String, draft draftFolder: String?, threads: Int?) throws {
        let progress = ProgressLine("loading \(folder)")
        defer { progress.clear() }
        target = try LanguageModel(contentsOf: folder, threads: threads) { progress.show($0) }
        draft = try draftFolder.map { try LanguageModel(contentsOf: $0, threads: threads) }
        self.folder = folder
        self.draftFolder = draftFolder
    }

    /// Whether the model comes with a tokenizer.
    var hasTokenizer: Bool {
        ["tokenizer.json", "vocab.json", "tokenizer.model"].contains { PathKind(of: "\(folder)/\($0)") != .nothing }
    }

    /// The tokenizer of both.
    func tokenizer() throws -> Tokenizer {
        let tokenizer = try Tokenizer(contentsOf: folder)
        if let draftFolder,
            let difference = tokenizer.firstDifference(from: try Tokenizer(contentsOf: draftFolder))
        {
            throw ReasonerError.differentVocabularies(difference)
        }
        return tokenizer
    }

    /// Who computes for them.
    ///
    /// - Parameter calibrates: whether to measure how many proposals pay.
    func scheduler(
        _ tokenizer: Tokenizer?, _ computing: ComputeArguments, trace: Trace? = nil, calibrates: Bool
    ) async throws -> Scheduler {
        let scheduler = try Scheduler(
            target: target, draft: draft, tokenizer: tokenizer, thread: computing.thread(trace),
            limits: computing.configuration.limits)
        if calibrates { await scheduler.calibrate(.ofUser) }
        return scheduler
    }
}
