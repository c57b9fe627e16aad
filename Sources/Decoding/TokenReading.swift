/// What a model thinks of tokens that somebody else wrote.
public struct TokenReading: Sendable, Hashable {
    /// The natural logarithm of each token's probability, before any filter.
    public internal(set) var logProbabilities: [Float] = []
    /// How far each place's distribution is from a uniform one, in nats: what `Generated.certainties` are.
    public internal(set) var certainties: [Float] = []
    /// With what probability sampling draws each token: after penalties, temperature and filters.
    public internal(set) var drawProbabilities: [Double] = []
    /// Each token's probability as a share of the most probable one's in its place, 0 to 1, by the raw logits: before
    /// penalties, temperature and filters. At temperature 1 and without penalties, min-p sampling with a smaller share
    /// could have written it (Nguyen et al., 2024).
    public internal(set) var plausibilities: [Float] = []
}

/// What came of reading.
public struct ReadingResult: Sendable {
    /// One for each text, in their order.
    public let readings: [TokenReading]
    /// What it took.
    public let counters: DecodingCounters
}
