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
    /// Pages of KV memory, of either model, that were handed out.
    public var pagesAllocated = 0
    /// Pages of anybody that were evicted for them.
    public var pagesEvicted = 0
    /// Tokens that were proposed to the target.
    public var tokensDrafted = 0
    /// Proposals that the target accepted.
    public var tokensAccepted = 0
    /// Those of the proposals that were found in texts, at no cost.
    public var ngramTokensDrafted = 0
    /// Those of them that the target accepted.
    public var ngramTokensAccepted = 0
    /// The most steps in a row in which a branch found no room in the pass of whoever writes it, though it was not waiting
    /// for memory.
    public var longestWait = 0
    /// The most bytes of KV memory in use at once.
    public var kvBytesPeak = 0
    /// The bytes that the live branches would have taken at that moment if each had its own copy.
    public var kvBytesUnshared = 0

    /// All zero.
    public init() {}

    /// Adds what came after: sums, except that waits and memory are those of whichever took more.
    public static func += (left: inout DecodingCounters, right: DecodingCounters) {
        left.targetRows += right.targetRows
        left.targetPasses += right.targetPasses
        left.draftRows += right.draftRows
        left.draftPasses += right.draftPasses
        left.rowsRecomputed += right.rowsRecomputed
        left.pagesAllocated += right.pagesAllocated
        left.pagesEvicted += right.pagesEvicted
        left.tokensDrafted += right.tokensDrafted
        left.tokensAccepted += right.tokensAccepted
        left.ngramTokensDrafted += right.ngramTokensDrafted
        left.ngramTokensAccepted += right.ngramTokensAccepted
        left.longestWait = max(left.longestWait, right.longestWait)
        if right.kvBytesPeak > left.kvBytesPeak {
            (left.kvBytesPeak, left.kvBytesUnshared) = (right.kvBytesPeak, right.kvBytesUnshared)
        }
    }

    /// Counts proposals that were judged.
    mutating func count(
        _ proposals: [GrowingText.Proposal], _ alternatives: [GrowingText.Proposal], _ verdict: GrowingText.Verdict
    ) {
        let found = proposals.map { $0.drafter == .ngrams ? 1 : 0 }
        tokensDrafted += proposals.count + alternatives.count
        tokensAccepted += verdict.alternative == nil ? verdict.accepted : 1
        ngramTokensDrafted += found.reduce(0, +)
        ngramTokensAccepted += found.prefix(verdict.accepted).reduce(0, +)
    }
}
