import Compute

/// The weights of a row of logits: e^((logit − largest) / temperature) for the tokens within a cut.
struct LogitWeights: RaceWeights {
    let logits: UnsafeBufferPointer<Float>
    let largest: Double
    let temperature: Double
    let cut: LogitCut

    @inline(__always)
    func weight(_ token: Int) -> Double {
        cut.keeps(logits[token], token) ? Elementary.exp(level(token) / temperature) : 0
    }

    /// The distance from the largest logit, which is exact or nearly so: no rounding can swallow a low temperature.
    @inline(__always)
    func level(_ token: Int) -> Double { Double(logits[token]) - largest }

    func level(ofWeight weight: Double) -> Double {
        // The margin is far above the rounding of the logarithm, which is at most a few hundred.
        temperature * (Elementary.log(weight) - 1e-6)
    }
}
