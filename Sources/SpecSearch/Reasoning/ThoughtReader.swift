internal import Decoding
internal import Tokenization

/// Reads what a model wrote as thoughts.
struct ThoughtReader {
    private let stop: StopRule
    private let tokenizer: Tokenizer

    /// - Parameters:
    ///   - stop: where thoughts end.
    ///   - tokenizer: says what tokens spell.
    init(_ stop: StopRule, _ tokenizer: Tokenizer) {
        self.stop = stop
        self.tokenizer = tokenizer
    }

    /// The thoughts that were written one after the other.
    ///
    /// - Parameters:
    ///   - extent: whether it is one, or has to be cut at the separators.
    ///   - text: the stream of the path that they continue; then of the path to their end.
    func thoughts(
        in generated: Generated, _ extent: WriteRequest.Extent, after text: inout TextStream
    ) -> [WrittenThought] {
        var thoughts: [WrittenThought] = []
        for range in ranges(generated.tokens, extent) {
            let tokens = Array(generated.tokens[range])
            let isLast = range.upperBound == generated.tokens.count
            let sum = generated.logProbabilities[range].reduce(0, +)
            let certainties = generated.certainties.isEmpty ? nil : generated.certainties[range]
            thoughts.append(
                WrittenThought(
                    text: tokens.map { text.append($0) }.joined(), tokens: tokens,
                    end: isLast ? generated.end : .separator, meanLogProbability: sum / Float(max(1, tokens.count)),
                    selfCertainty: certainties.map(Scoring.selfCertainty)))
        }
        return thoughts
    }

    /// Where each thought's tokens are.
    private func ranges(_ tokens: [Int32], _ extent: WriteRequest.Extent) -> [Range<Int>] {
        guard extent == .solution else { return [0..<tokens.count] }
        var ranges: [Range<Int>] = []
        var start = 0
        var detector = StopDetector(stop)
        for (index, token) in tokens.enumerated() where detector.end(after: token, tokenizer) == .separator {
            ranges.append(start..<index + 1)
            start = index + 1
            detector = StopDetector(stop)
        }
        if start < tokens.count || ranges.isEmpty { ranges.append(start..<tokens.count) }
        return ranges
    }
}
