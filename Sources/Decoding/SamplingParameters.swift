public import Transformer

/// How a token is drawn from a row of logits.
///
/// Penalties come first, then filters in the order of Hugging Face transformers: temperature, then top-k, then top-p, then
/// min-p. Each of them keeps the most probable tokens, and of equally probable ones those with the lower ids. At least
/// one token stays.
public struct SamplingParameters: Sendable, Hashable {
    /// The most probable token always: the choice without noise.
    public static let greedy = SamplingParameters(temperature: 0)

    /// What logits are divided by: 1 is the model's own distribution, 0 is greedy (filters then change nothing), and at
    /// 1000, the most, hardly anything is left of the model's preferences.
    public let temperature: Double
    /// How many of the most probable tokens are kept: exactly so many, or 0 for all.
    public let topK: Int
    /// The smallest set of most probable tokens with at least this mass is kept: 1 keeps all, 0 only the first.
    public let topP: Double
    /// Tokens with less than this fraction of the largest probability are dropped: 0 drops none.
    public let minP: Double
    /// What the logit of a token that stands on the path, prompt included, is divided by, or multiplied by if it is
    /// negative (Keskar et al., 2019): 1 changes nothing.
    public let repetitionPenalty: Double
    /// What is taken from the logit of a token that stands in the text, as in OpenAI's interface: 0 changes nothing.
    public let presencePenalty: Double
    /// What is taken from a token's logit for each time that it stands in the text: 0 changes nothing.
    public let frequencyPenalty: Double
    /// The seed of all random numbers.
    public var seed: UInt64

    /// The model's own distribution, unless told otherwise.
    ///
    /// - Throws: `SamplingError.parameterOutOfRange` for the first parameter outside its range.
    public init(
        temperature: Double = 1, topK: Int = 0, topP: Double = 1, minP: Double = 0, repetitionPenalty: Double = 1,
        presencePenalty: Double = 0, frequencyPenalty: Double = 0, seed: UInt64 = 0
    ) throws(SamplingError) {
        guard temperature >= 0, temperature <= 1000 else {
            throw .parameterOutOfRange(name: "temperature", found: temperature, allowed: "in 0 … 1000 (0 is greedy)")
        }
        guard topK >= 0 else {
            throw .parameterOutOfRange(name: "topK", found: Double(topK), allowed: "0 (off) or above")
        }
        guard topP >= 0, topP <= 1 else {
            throw .parameterOutOfRange(name: "topP", found: topP, allowed: "in 0 … 1 (1 is off)")
        }
        guard minP >= 0, minP <= 1 else {
            throw .parameterOutOfRange(name: "minP", found: minP, allowed: "in 0 … 1 (0 is off)")
        }
        guard repetitionPenalty >= 0.01, repetitionPenalty <= 100 else {
            throw .parameterOutOfRange(
                name: "repetitionPenalty", found: repetitionPenalty, allowed: "in 0.01 … 100 (1 is off)")
        }
        for (name, penalty) in [("presencePenalty", presencePenalty), ("frequencyPenalty", frequencyPenalty)] {
            guard penalty >= -100, penalty <= 100 else {
                throw .parameterOutOfRange(name: name, found: penalty, allowed: "in -100 … 100 (0 is off)")
            }
        }
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.repetitionPenalty = repetitionPenalty
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.seed = seed
    }

    /// What a model's makers suggest.
    ///
    /// - Throws: `SamplingError.parameterOutOfRange`; `generation_config.json` was checked when it was read.
    public init(_ suggested: SuggestedSampling) throws(SamplingError) {
        try self.init(
            temperature: suggested.temperature, topK: suggested.topK, topP: suggested.topP, minP: suggested.minP)
    }

    private init(temperature: Double) {
        self.temperature = temperature
        topK = 0
        topP = 1
        minP = 0
        repetitionPenalty = 1
        presencePenalty = 0
        frequencyPenalty = 0
        seed = 0
    }

    /// Whether the choice is the largest logit, without noise.
    public var isGreedy: Bool { temperature == 0 }

    /// Whether the choice depends on the tokens before it by more than the model.
    public var hasPenalties: Bool { repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0 }
}
