internal import Decoding
internal import Transformer

/// What the searches of a reasoner share.
struct ReasonerModels: Sendable {
    let scheduler: Scheduler
    let prompts: PromptEncoder
    let format: PromptFormat
    /// Tokens that end a text.
    let endTokens: Set<Int32>
    let hasDraft: Bool
    let scorer: (any ThoughtScorer)?
    /// How the target's makers sample from it.
    let suggestedSampling: SuggestedSampling?

    /// How thoughts are sampled: as the bundle says, or else the target's makers, unless they suggest no sampling: then all
    /// thoughts would be the same.
    func sampling(for bundle: ModelBundle) throws(SamplingError) -> SamplingParameters {
        if let sampling = bundle.sampling { return sampling }
        if let suggestedSampling, suggestedSampling.temperature > 0 { return try SamplingParameters(suggestedSampling) }
        return try SamplingParameters(temperature: SearchOptions.usualTemperature)
    }
}
