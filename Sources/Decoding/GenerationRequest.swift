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
    /// How many tokens the draft model proposes to the target per pass; 0 for none. Never changes the outcome.
    public var draftLength: Int
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// Whose noise the choices take: the same branch, position and seed always choose alike.
    public var branch: BranchKey
    /// When to end.
    public var stop: StopRule

    /// - Parameters: the values of the properties, in their order.
    public init(
        start: NodeID, writer: Writer = .target, draftLength: Int = 0, sampling: SamplingParameters,
        branch: BranchKey = .root, stop: StopRule
    ) {
        self.start = start
        self.writer = writer
        self.draftLength = draftLength
        self.sampling = sampling
        self.branch = branch
        self.stop = stop
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
