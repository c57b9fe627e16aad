/// What KV memory costs, of one model or of all together.
public struct CacheStatistics: Hashable, Sendable {
    /// Bytes of the pages in use.
    public var bytesInUse = 0
    /// The most bytes that were ever in use at once.
    public var peakBytes = 0
    /// Bytes that the computed tokens would take if pages had no unused and no repeated slots.
    public var uniqueBytes = 0
    /// Bytes, in whole pages, that the computed paths of all leaves would take if each had its own copy.
    public var unsharedBytes = 0
    /// How often a page was handed out.
    public var pagesAllocated = 0
    /// Pages copied because two branches wanted to write behind the same token.
    public var pagesCopied = 0
    /// Pages that were evicted to make room; counted over all models together only.
    public var pagesEvicted = 0
    /// Tokens that were computed again because they had been evicted; counted over all models together only.
    public var tokensRecomputed = 0
}
