import Foundation

@testable import Decoding

/// The sampler said plainly: everything sorted, in double precision, with the C library.
enum SamplingReference {
    /// The probabilities after temperature and filters.
    static func probabilities(_ logits: [Float], _ parameters: SamplingParameters) -> [Double] {
        let order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
        var result = [Double](repeating: 0, count: logits.count)
        if parameters.isGreedy {
            result[order[0]] = 1
            return result
        }
        let largest = Double(logits[order[0]])
        var kept = order.map { exp((Double(logits[$0]) - largest) / parameters.temperature) }
        if parameters.topK > 0 { kept = Array(kept.prefix(parameters.topK)) }
        if parameters.topP < 1 {
            let total = kept.reduce(0, +)
            var mass = 0.0
            let last = kept.firstIndex { weight in
                mass += weight
                return mass >= parameters.topP * total
            }
            kept = Array(kept.prefix((last ?? kept.count - 1) + 1))
        }
        kept = Array(kept.prefix { $0 >= parameters.minP })
        let total = kept.reduce(0, +)
        for (rank, weight) in kept.enumerated() { result[order[rank]] = weight / total }
        return result
    }

    /// The token with the least noise for its probability, among all tokens.
    static func token(_ probabilities: [Double], _ stream: RandomStream) -> Int {
        let noise = TokenNoise(stream)
        let times = probabilities.indices.map { token in
            probabilities[token] > 0 ? noise.value(of: token) / probabilities[token] : .infinity
        }
        return times.indices.min { (times[$0], $0) < (times[$1], $1) }!
    }

    /// Logits without ties, of a spread that a language model has.
    static func logits(_ count: Int, seed: UInt64, spread: Float = 2) -> [Float] {
        // Sums of a few multiples of 2^-10 are exact, hence the same on every machine.
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            var sum: Float = -6
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                sum += Float(state >> 54) / 1024
            }
            return sum * spread
        }
    }
}
