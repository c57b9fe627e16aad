internal import Compute

/// How positions turn the pairs of a head (RoFormer; Su et al., 2021).
public struct RotaryPositions: Sendable, Hashable {
    /// How frequencies are changed for contexts beyond the original one.
    public enum Scaling: Sendable, Hashable {
        /// Not at all.
        case none
        /// All divided by a factor (Chen et al., 2023).
        case linear(factor: Float)
        /// As none up to the original context; beyond it frequencies would depend on the length of the text, which no
        /// shared prefix can honour, so longer texts are refused.
        case dynamic
        /// By wavelength, as Llama 3.1 does: long ones are divided by `factor`, short ones kept, and those between the
        /// two bounds interpolated.
        case llama3(factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float, originalContext: Int)
        /// By rotations over the original context.
        case yarn(YarnScaling)
    }

    /// The base θ of the frequencies θ^(−2i / headSize).
    public var theta: Double
    /// How frequencies are changed.
    public var scaling: Scaling

    /// - Parameters: the values of the properties, in their order.
    public init(theta: Double, scaling: Scaling) {
        self.theta = theta
        self.scaling = scaling
    }

    /// The frequency of each pair of a head, in radians per position, in single precision as the reference has it.
    package func frequencies(headSize: Int) -> [Float] {
        let wavelengths = (0..<headSize / 2).map { pair in
            let exponent = Float(2 * pair) / Float(headSize)
            return Float(Elementary.pow(Double(Float(theta)), Double(exponent)))
        }
        if case .yarn(let yarn) = scaling {
            return yarn.scaled(wavelengths: wavelengths, theta: theta, headSize: headSize)
        }
        return wavelengths.map { scaled(1 / $0) }
    }

    /// What cosines and sines are multiplied by.
    var attentionFactor: Float {
        if case .yarn(let yarn) = scaling { yarn.attentionFactor } else { 1 }
    }

    private func scaled(_ frequency: Float) -> Float {
        if case .linear(let factor) = scaling { return frequency / factor }
        guard case .llama3(let factor, let low, let high, let original) = scaling else { return frequency }
        // Float.pi is rounded towards zero, the reference rounds to the nearest.
        let wavelength = Float(2 * Double.pi) / frequency
        let context = Float(original)
        if wavelength < context / high { return frequency }
        if wavelength > context / low { return frequency / factor }
        let smooth = (context / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
    }
}
