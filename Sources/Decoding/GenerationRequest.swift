public import CacheTree

/// When a generation ends.
public struct StopRule: Sendable, Hashable {
    /// Bytes that end a generation with the token that completes them; none if empty.
    public var separator: [UInt8]
    /// Tokens that end a text.
    public var endTokens: Set<Int32>
    /// The most tokens to generate, at least 1.
    public var maxTokens: Int

    /// - Parameters: the values of the properties, in their order.
    public init(separator: [UInt8] = [], endTokens: Set<Int32>, maxTokens: Int) {
        precondition(maxTokens >= 1, "a generation has at least one token")
        self.separator = separator
        self.endTokens = endTokens
        self.maxTokens = maxTokens
    }
}

/// One branch to continue.
public struct GenerationRequest: Sendable {
    /// The end of the path to continue; whoever asks holds it until the result is there. It needs at least one token.
    public var start: NodeID
    /// Which model writes.
    public var writer: Writer
    /// How many tokens are proposed to the target per pass: 0 for none, nil for as many as pay, which `Scheduler`
    /// decides in each step once it is calibrated.
    public var draftLength: Int?
    /// How many tokens of the draft model compete for the place behind the text, of which the first has the others of
    /// `draftLength` behind it: 1 for a chain, more for a tree, nil for as many as pay where `draftLength` is nil as well.
    public var draftWidth: Int?
    /// Who proposes them. N-grams cost nothing, so they are asked first, and the draft model where they find nothing.
    public var drafters: Set<Drafter>
    /// How the target judges them; unless told otherwise, they never change the outcome.
    public var acceptance: TokenAcceptance
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// Whose noise the choices take: the same branch, position and seed always choose alike.
    public var branch: BranchKey
    /// The depth at which the text begins that presence and frequency penalties look at; nil stands for `start`'s.
    public var textStart: Int?
    /// When to end.
    public var stop: StopRule
    /// Whether `Generated.certainties` are wanted.
    public var measuresCertainty: Bool
    /// How many of the most probable tokens of each place are wanted in `Generated.mostProbable`.
    public var mostProbable: Int
    /// How many proposals count as accepted whatever the target says, 0 to 1: for benchmarks, in which all passes really
    /// run although nobody trained the models.
    package var forcedAcceptance: Double?

    /// - Parameters: the values of the properties, in their order.
    public init(
        start: NodeID, writer: Writer = .target, draftLength: Int? = 0, draftWidth: Int? = nil,
        drafters: Set<Drafter> = [.model],
        acceptance: TokenAcceptance = .invariant, sampling: SamplingParameters, branch: BranchKey = .root,
        textStart: Int? = nil, stop: StopRule, measuresCertainty: Bool = false, mostProbable: Int = 0
    ) {
        self.start = start
        self.writer = writer
        self.draftLength = draftLength
        self.draftWidth = draftWidth
        self.drafters = drafters
        self.acceptance = acceptance
        self.sampling = sampling
        self.branch = branch
        self.textStart = textStart
        self.stop = stop
        self.measuresCertainty = measuresCertainty
        self.mostProbable = mostProbable
    }
}

/// Why a generation ended.
public enum GenerationEnd: String, Sendable, Hashable {
    /// The separator is complete.
    case separator
    /// The model ended its text.
    case endOfText
    /// The most tokens were generated, or the model's context is full.
    case length
}

/// What came of a request.
public struct Generated: Sendable {
    /// The end of the grown path; it is held once for whoever asked, who has to release it.
    public let node: NodeID
    /// The new tokens, the one that ended the generation included.
    public let tokens: [Int32]
    /// The natural logarithm of each token's probability under the model that wrote it, before any filter.
    public let logProbabilities: [Float]
    /// How far the distribution of each token's place was from a uniform one, in nats: the Kullback-Leibler divergence of the
    /// uniform distribution from the model's own. Empty unless the request asked for it.
    public let certainties: [Float]
    /// The most probable tokens of each place under the model that wrote it, before any filter, best first: so many as the
    /// request asked for. Empty if it asked for none.
    public let mostProbable: [[Sampler.Choice]]
    /// Why it ended.
    public let end: GenerationEnd
}

/// What came of several requests that were made together.
public struct GenerationResult: Sendable {
    /// One for each request, in their order.
    public let generated: [Generated]
    /// What they took together.
    public let counters: DecodingCounters
}
