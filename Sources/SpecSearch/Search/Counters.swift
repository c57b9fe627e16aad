public import Decoding
public import JSON

/// What reasoning took, in the vocabulary of every report of this package.
public struct Counters: Sendable, Hashable {
    /// Rows that the target model computed.
    public var targetRows = 0
    /// Forward passes of the target model.
    public var targetPasses = 0
    /// Rows that the draft model computed, for tokens and for thoughts.
    public var draftRows = 0
    /// Forward passes of the draft model.
    public var draftPasses = 0
    /// Rows that the reward model computed.
    public var rewardRows = 0
    /// Rows of any model that had been computed before, but were evicted because memory was short.
    public var rowsRecomputed = 0
    /// Pages of KV memory, of the target and its draft, that were handed out.
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
    /// Thoughts that the draft model wrote, before duplicates are merged and empty ones dropped.
    public var thoughtsDrafted = 0
    /// Distinct drafts that compete with the target's thoughts. With 2N drafts for N slots, at most half of all.
    public var thoughtsAccepted = 0
    /// Thoughts that the target wrote for slots that no draft filled, before duplicates are merged.
    public var thoughtsCorrected = 0
    /// Accepted drafts about which the target was asked.
    public var thoughtsChecked = 0
    /// Those of them that it would not have written.
    public var thoughtsRefused = 0
    /// Levels of which all thoughts were judged; in a Monte Carlo tree search, expansions of a thought.
    public var levels = 0
    /// Of these, the levels where accepted drafts filled every slot, so that the target wrote nothing.
    public var levelsWithoutCorrection = 0
    /// Of the levels where corrections might have been skipped, those where they were written all the same, to see whether
    /// that would have been wrong; with several trees, each counts.
    public var levelsAudited = 0
    /// Of these, those where it would have been: a correction was among the best.
    public var auditsHit = 0
    /// The most bytes of KV memory in use at once.
    public var kvBytesPeak = 0
    /// The bytes that the live branches would have taken at that moment if each had its own copy.
    public var kvBytesUnshared = 0

    /// All zero.
    public init() {}

    /// What generating took.
    public init(_ decoding: DecodingCounters) {
        targetRows = decoding.targetRows
        targetPasses = decoding.targetPasses
        draftRows = decoding.draftRows
        draftPasses = decoding.draftPasses
        rowsRecomputed = decoding.rowsRecomputed
        pagesAllocated = decoding.pagesAllocated
        pagesEvicted = decoding.pagesEvicted
        tokensDrafted = decoding.tokensDrafted
        tokensAccepted = decoding.tokensAccepted
        ngramTokensDrafted = decoding.ngramTokensDrafted
        ngramTokensAccepted = decoding.ngramTokensAccepted
        kvBytesPeak = decoding.kvBytesPeak
        kvBytesUnshared = decoding.kvBytesUnshared
    }

    /// Both together: sums, except that memory is that of whichever took more at once.
    public static func + (left: Counters, right: Counters) -> Counters {
        var sum = left.kvBytesPeak >= right.kvBytesPeak ? left : right
        for (_, count) in summed { sum[keyPath: count] = left[keyPath: count] + right[keyPath: count] }
        return sum
    }

    /// Adds what something else took.
    public static func += (left: inout Counters, right: Counters) { left = left + right }

    /// An object with one member per counter, under the counter's name.
    public var json: JSONValue {
        var object = JSONObject()
        for (name, count) in Self.summed { object.set(name, .integer(self[keyPath: count])) }
        object.set("kvBytesPeak", .integer(kvBytesPeak))
        object.set("kvBytesUnshared", .integer(kvBytesUnshared))
        return .object(object)
    }

    /// Nil if the value has not the form that `json` gives.
    public init?(_ json: JSONValue) {
        self.init()
        for (name, count) in Self.summed + [("kvBytesPeak", \.kvBytesPeak), ("kvBytesUnshared", \.kvBytesUnshared)] {
            guard let number = json[name]?.int, 0...(1 << 53) ~= number else { return nil }
            self[keyPath: count] = number
        }
    }

    private static var summed: [(name: String, count: WritableKeyPath<Counters, Int>)] {
        [
            ("targetRows", \.targetRows), ("targetPasses", \.targetPasses), ("draftRows", \.draftRows),
            ("draftPasses", \.draftPasses), ("rewardRows", \.rewardRows), ("rowsRecomputed", \.rowsRecomputed),
            ("pagesAllocated", \.pagesAllocated), ("pagesEvicted", \.pagesEvicted),
            ("tokensDrafted", \.tokensDrafted), ("tokensAccepted", \.tokensAccepted),
            ("ngramTokensDrafted", \.ngramTokensDrafted), ("ngramTokensAccepted", \.ngramTokensAccepted),
            ("thoughtsDrafted", \.thoughtsDrafted),
            ("thoughtsAccepted", \.thoughtsAccepted), ("thoughtsCorrected", \.thoughtsCorrected),
            ("thoughtsChecked", \.thoughtsChecked), ("thoughtsRefused", \.thoughtsRefused),
            ("levels", \.levels), ("levelsWithoutCorrection", \.levelsWithoutCorrection),
            ("levelsAudited", \.levelsAudited), ("auditsHit", \.auditsHit),
        ]
    }
}
