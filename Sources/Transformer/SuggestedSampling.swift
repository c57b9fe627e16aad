internal import JSON

/// How a model's makers sample from it: the fields of `generation_config.json` that say how a token is chosen.
///
/// With the defaults of `transformers` for what the file leaves out. Penalties are no part of it: a repetition penalty
/// would keep a calculation from using a number twice, and make the choice depend on more than the distribution. Nor are
/// the cuts that this package does not have (`typical_p`, `epsilon_cutoff`, `eta_cutoff`, `top_h`).
public struct SuggestedSampling: Sendable, Hashable {
    /// What logits are divided by; 0 takes the most probable token.
    public var temperature: Double
    /// How many of the most probable tokens are kept; 0 keeps all.
    public var topK: Int
    /// The mass up to which the most probable tokens are kept; 1 keeps all.
    public var topP: Double
    /// The share of the largest probability below which tokens are dropped; 0 drops none.
    public var minP: Double
}

extension SuggestedSampling {
    /// Nil if the file says nothing of sampling.
    init?(_ file: ConfigurationFile) throws(LoadError) {
        guard ["do_sample", "temperature", "top_k", "top_p", "min_p"].contains(where: { file.present($0) != nil })
        else {
            return nil
        }
        let samples = try file.boolean("do_sample", fallback: false)
        let temperature = try file.number("temperature", in: 0...1000, fallback: 1)
        self.init(
            temperature: samples ? temperature : 0,
            topK: try file.integer("top_k", in: 0...1_000_000_000, fallback: 50),
            topP: try file.number("top_p", in: 0...1, fallback: 1),
            minP: try file.number("min_p", in: 0...1, fallback: 0))
    }
}
