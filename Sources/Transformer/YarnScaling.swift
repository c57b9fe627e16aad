internal import Compute

/// YaRN (Peng et al., 2023): low frequencies are interpolated, high ones kept, those between blended, and attention is
/// sharpened by scaling cosines and sines.
public struct YarnScaling: Sendable, Hashable {
    /// How many times longer the context is than the original one.
    public var factor: Double
    /// Rotations over the original context from which on a frequency is kept.
    public var fastRotations: Double
    /// Rotations over the original context up to which a frequency is interpolated.
    public var slowRotations: Double
    /// Tokens of the context that the model was first trained on.
    public var originalContext: Int
    /// What cosines and sines are multiplied by.
    public var attentionFactor: Float
    /// Whether the bounds of the blend are rounded outwards to whole pairs.
    public var roundsBounds: Bool

    /// - Parameters: the values of the properties, in their order.
    public init(
        factor: Double, fastRotations: Double, slowRotations: Double, originalContext: Int, attentionFactor: Float,
        roundsBounds: Bool
    ) {
        self.factor = factor
        self.fastRotations = fastRotations
        self.slowRotations = slowRotations
        self.originalContext = originalContext
        self.attentionFactor = attentionFactor
        self.roundsBounds = roundsBounds
    }

    /// The parameters of the paper, but for its two.
    package init(factor: Double, originalContext: Int) {
        self.init(
            factor: factor, fastRotations: 32, slowRotations: 1, originalContext: originalContext,
            attentionFactor: Float(YarnScaling.attentionFactor(factor)), roundsBounds: true)
    }

    /// The attention factor of the paper, 0.1 · scale · ln(factor) + 1.
    static func attentionFactor(_ factor: Double, scale: Double = 1) -> Double {
        factor <= 1 ? 1 : 0.1 * scale * Elementary.log(factor) + 1
    }

    /// The frequencies of all pairs, from those without scaling inverted, in single precision as the reference has them.
    func scaled(wavelengths: [Float], theta: Double, headSize: Int) -> [Float] {
        let (low, high) = bounds(theta: theta, headSize: headSize)
        let last = low == high ? high + 0.001 : high
        return wavelengths.enumerated().map { pair, wavelength in
            let ramp = min(max((Float(pair) - Float(low)) / Float(last - low), 0), 1)
            let kept = 1 - ramp
            return 1 / (Float(factor) * wavelength) * (1 - kept) + 1 / wavelength * kept
        }
    }

    /// The pairs at which the blend starts and ends.
    private func bounds(theta: Double, headSize: Int) -> (low: Double, high: Double) {
        func pair(rotations: Double) -> Double {
            let logarithm = Elementary.log(Double(originalContext) / (rotations * 2 * Double.pi))
            return Double(headSize) * logarithm / (2 * Elementary.log(theta))
        }
        let (low, high) = (pair(rotations: fastRotations), pair(rotations: slowRotations))
        return (
            max(roundsBounds ? low.rounded(.down) : low, 0),
            min(roundsBounds ? high.rounded(.up) : high, Double(headSize - 1))
        )
    }
}
