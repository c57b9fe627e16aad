import ArgumentParser
import Decoding

/// How tokens are chosen; what is not given is taken from the bundle or from the model's generation_config.json.
struct SamplingArguments: ParsableArguments {
    @Option(help: "What logits are divided by; 0 always takes the most probable token.")
    var temperature: Double?

    @Option(name: .customLong("top-k"), help: "Keep so many of the most probable tokens; 0 keeps all.")
    var topK: Int?

    @Option(name: .customLong("top-p"), help: "Keep the most probable tokens up to this mass; 1 keeps all.")
    var topP: Double?

    @Option(name: .customLong("min-p"), help: "Drop tokens below this share of the largest probability; 0 drops none.")
    var minP: Double?

    @Option(
        help: "Divide the logits of tokens that stand in prompt or text by this, or multiply negative ones; 1 is off.")
    var repetitionPenalty: Double?

    @Option(help: "Take this from the logits of tokens that stand in the text; 0 is off.")
    var presencePenalty: Double?

    @Option(help: "Take this from a token's logit for each time that it stands in the text; 0 is off.")
    var frequencyPenalty: Double?

    @Option(help: "The seed of all random numbers: the same seed gives the same output.")
    var seed: UInt64 = 0

    /// The parameters, with `usual` in place of what was not given.
    func parameters(usual: SamplingParameters) throws(SamplingError) -> SamplingParameters {
        try SamplingParameters(
            temperature: temperature ?? usual.temperature, topK: topK ?? usual.topK, topP: topP ?? usual.topP,
            minP: minP ?? usual.minP, repetitionPenalty: repetitionPenalty ?? usual.repetitionPenalty,
            presencePenalty: presencePenalty ?? usual.presencePenalty,
            frequencyPenalty: frequencyPenalty ?? usual.frequencyPenalty, seed: seed)
    }
}
