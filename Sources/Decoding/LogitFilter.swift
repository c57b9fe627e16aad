import Compute

/// Decides which tokens of a row may be drawn: top-k, then top-p, then min-p.
///
/// Works on the logits; temperature enters where probabilities are compared. A struct that is used again keeps its
/// memory.
struct LogitFilter {
    /// Buckets of 1/32 of a nat: they reach down to e^−32 of the largest probability, and the last one to 0.
    private static let buckets = 1024

    private var selection = PrefixSelection()
    private var masses = [Double](repeating: 0, count: buckets)

    /// The cut that the parameters make in a row.
    ///
    /// - Complexity: O(vocabulary), and no sorting: groups of tokens whose largest logit is out of question are
    /// skipped.
    mutating func cut(
        _ logits: UnsafeBufferPointer<Float>, _ maxima: GroupMaxima, _ parameters: SamplingParameters
    ) -> LogitCut {
        var cut = LogitCut.none
        if parameters.topK > 0, parameters.topK < logits.count {
            cut = topCut(logits, maxima, count: parameters.topK)
        }
        if parameters.topP < 1 {
            cut = cut.stricter(nucleusCut(logits, maxima, parameters, within: cut))
        }
        if parameters.minP > 0 {
            cut = cut.stricter(minimumCut(maxima, parameters))
        }
        return cut
    }

    /// Keeps exactly `count` tokens.
    private mutating func topCut(
        _ logits: UnsafeBufferPointer<Float>, _ maxima: GroupMaxima, count: Int
    ) -> LogitCut {
        // As many tokens as groups reach the count-th largest maximum, so no token below it is among the first.
        var bound = LogitCut.none
        if count < maxima.values.count {
            selection.items.removeAll(keepingCapacity: true)
            for (group, value) in maxima.values.enumerated() {
                selection.items.append(.init(key: LogitRank.key(logit: value, token: group), weight: 1))
            }
            let group = LogitRank.token(ofKey: selection.lastKey(reaching: Double(count)))
            bound = LogitCut(logit: maxima.values[group], token: .max)
        }
        collect(logits, maxima, within: bound) { _ in 1 }
        return cut(logits, atKey: selection.lastKey(reaching: Double(count)))
    }

    /// Keeps the smallest set of the most probable tokens that has a share of `topP` of what an earlier cut left.
    private mutating func nucleusCut(
        _ logits: UnsafeBufferPointer<Float>, _ maxima: GroupMaxima, _ parameters: SamplingParameters,
        within cut: LogitCut
    ) -> LogitCut {
        let scale = Exponentials.scale(parameters.temperature)
        let weight = { (logit: Float) in Double(Exponentials.exponential((logit - maxima.largest) * scale)) }
        guard cut == .none else {
            collect(logits, maxima, within: cut, weight: weight)
            let total = selection.items.reduce(0) { $0 + $1.weight }
            return self.cut(logits, atKey: selection.lastKey(reaching: parameters.topP * total))
        }
        // A coarse histogram over the whole row first, then only the tokens of the bucket in which the mass is reached.
        countMasses(logits, largest: maxima.largest, temperature: parameters.temperature)
        var missing = parameters.topP * masses.reduce(0, +)
        let bucket = PrefixSelection.lastBucket(masses, reaching: &missing)
        selection.items.removeAll(keepingCapacity: true)
        for (group, value) in maxima.values.enumerated()
        where LogitFilter.bucket((maxima.largest - value) * scale) >= bucket {
            for token in GroupMaxima.tokens(of: group, vocabularySize: logits.count)
            where LogitFilter.bucket((maxima.largest - logits[token]) * scale) == bucket {
                let key = LogitRank.key(logit: logits[token], token: token)
                selection.items.append(.init(key: key, weight: weight(logits[token])))
            }
        }
        return self.cut(logits, atKey: selection.lastKey(reaching: missing))
    }

    /// Adds up the weights of all tokens by their distance from the largest logit.
    private mutating func countMasses(
        _ logits: UnsafeBufferPointer<Float>, largest: Float, temperature: Double
    ) {
        for bucket in masses.indices { masses[bucket] = 0 }
        let scale = Exponentials.scale(temperature)
        masses.withUnsafeMutableBufferPointer { masses in
            Exponentials.forEachBlock(logits, largest: largest, temperature: temperature) { first, weights in
                for token in first..<min(first + Exponentials.block, logits.count) {
                    masses[LogitFilter.bucket((largest - logits[token]) * scale)] += Double(weights[token - first])
                }
            }
        }
    }

    /// The bucket of a logit by its distance from the largest, at temperature 1: nearer ones are higher.
    @inline(__always)
    private static func bucket(_ distance: Float) -> Int {
        buckets - 1 - Int(min(distance * 32, Float(buckets - 1)))
    }

    /// Keeps the tokens with at least `minP` of the largest probability.
    private func minimumCut(_ maxima: GroupMaxima, _ parameters: SamplingParameters) -> LogitCut {
        let bound = Double(maxima.largest) + parameters.temperature * Elementary.log(parameters.minP)
        let rounded = Float(bound)
        return LogitCut(logit: Double(rounded) < bound ? rounded.nextUp : rounded, token: .max)
    }

    /// Makes items of the tokens within a cut.
    private mutating func collect(
        _ logits: UnsafeBufferPointer<Float>, _ maxima: GroupMaxima, within cut: LogitCut,
        weight: (Float) -> Double
    ) {
        selection.items.removeAll(keepingCapacity: true)
        for (group, value) in maxima.values.enumerated() where value >= cut.logit {
            for token in GroupMaxima.tokens(of: group, vocabularySize: logits.count)
            where cut.keeps(logits[token], token) {
                let key = LogitRank.key(logit: logits[token], token: token)
                selection.items.append(.init(key: key, weight: weight(logits[token])))
            }
        }
    }

    private func cut(_ logits: UnsafeBufferPointer<Float>, atKey key: UInt64) -> LogitCut {
        let token = LogitRank.token(ofKey: key)
        return LogitCut(logit: logits[token], token: token)
    }
}
