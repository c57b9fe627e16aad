@testable import Decoding

/// A language of few tokens and two models of it: the logits of the next token depend on the last two alone.
final class ToyLanguage {
    let size: Int
    private let rows: UnsafeMutableBufferPointer<Float>

    /// - Parameters:
    ///   - size: the number of tokens.
    ///   - disagreement: how far the draft's logits lie from the target's.
    init(size: Int, disagreement: Float = 0.6, seed: UInt64) {
        self.size = size
        let contexts = size * size
        rows = .allocate(capacity: 2 * contexts * size)
        for context in 0..<contexts {
            let target = SamplingReference.logits(size, seed: seed &+ UInt64(context), spread: 1)
            let noise = SamplingReference.logits(size, seed: seed &+ UInt64(contexts + context), spread: disagreement)
            for token in 0..<size {
                rows[context * size + token] = target[token]
                rows[(contexts + context) * size + token] = target[token] + noise[token]
            }
        }
    }

    deinit { rows.deallocate() }

    /// A model's logits behind a path of at least two tokens.
    func logits(of writer: Writer, after path: [Int32]) -> UnsafeBufferPointer<Float> {
        let context = Int(path[path.count - 2]) * size + Int(path[path.count - 1])
        let first = (writer == .target ? context : size * size + context) * size
        return UnsafeBufferPointer(rebasing: rows[first..<first + size])
    }

    /// The probabilities behind a path, said plainly: penalties, temperature and filters.
    func probabilities(
        of writer: Writer = .target, after path: [Int32], textStart: Int, _ parameters: SamplingParameters
    ) -> [Double] {
        var logits = Array(logits(of: writer, after: path))
        for token in Set(path) {
            let logit = Double(logits[Int(token)])
            var penalized = logit < 0 ? logit * parameters.repetitionPenalty : logit / parameters.repetitionPenalty
            let count = path[textStart...].count { $0 == token }
            penalized -= Double(count) * parameters.frequencyPenalty
            if count > 0 { penalized -= parameters.presencePenalty }
            logits[Int(token)] = Float(penalized)
        }
        return SamplingReference.probabilities(logits, parameters)
    }
}
