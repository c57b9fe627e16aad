/// What generating took, in the vocabulary of every report of this package.
public struct DecodingCounters: Sendable, Hashable {
    /// Rows that the target model computed.
    public var targetRows = 0
    /// Forward passes of the target model.
    public var targetPasses = 0
    /// Rows that the draft model computed, for tokens and for thoughts.
    public var draftRows = 0
    /// Forward passes of the draft model.
    public var draftPasses = 0
    /// Rows of either model that had been computed before, but were evicted because memory was short.
    public var rowsRecomputed = 0
    /// Tokens that the draft model proposed to the target.
    public var tokensDrafted = 0
    /// Proposals that the target would have chosen itself.
    public var tokensAccepted = 0
    /// The most bytes of KV memory in use at once.
    public var kvBytesPeak = 0
    /// The bytes that the live branches would have taken at that moment if each had its own copy.
    public var kvBytesUnshared = 0

    /// All zero.
    public init() {}
}
