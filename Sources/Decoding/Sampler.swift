import Compute

/// Turns rows of logits into tokens.
///
/// The choice is an exact draw from the distribution that the parameters make of a row (up to the 52 bits of the
/// noise and the rounding of double precision), and a function of the row, the parameters and the stream alone:
/// the token with the largest log p + Gumbel noise (Gumbel-max trick). Two rows with the same stream share the noise
/// token by token, so a draft and a target that nearly agree nearly always choose the same token (Daliri, Musco and
/// Suresh, "Coupling without communication and drafter-invariant speculative decoding", 2024). Nothing depends on the
/// processor: no fused multiply-add, no C library, no sums whose order varies.
///
/// A sampler owns working memory that grows to the largest row and is used again, so that it allocates nothing once
/// warm. It is not for concurrent use: each thread has its own.
public final class Sampler {
    /// A chosen token.
    public struct Choice: Sendable, Hashable {
        /// The token's id.
        public let token: Int
        /// The natural logarithm of the token's probability in the model's own distribution: the softmax of the raw
        /// logits, before temperature and filters, accurate to about 1e-6.
        public let logProbability: Float
    }

    /// How far the model's own distribution is from a uniform one: the mean of −ln(V · p) over its V tokens, which is the
    /// Kullback-Leibler divergence of the uniform distribution from it, in nats; infinite if a token is forbidden.
    ///
    /// What self-certainty averages over a text (Kang et al., 2025).
    /// - Throws: `SamplingError` if a logit is NaN or +infinity, or all are −infinity.
    func certainty(_ logits: UnsafeBufferPointer<Float>) throws(SamplingError) -> Float {
        try maxima.read(logits)
        return certainty(logits, sum: Exponentials.sum(logits, largest: maxima.largest, temperature: 1))
    }

    /// The same where the largest logit and the sum of exponentials relative to it are known.
    private func certainty(_ logits: UnsafeBufferPointer<Float>, sum: Double) -> Float {
        // A uniform row would come out a little below zero.
        Float(max(0, Double(maxima.largest) - mean(logits) + Elementary.log(sum / Double(logits.count))))
    }

    /// The mean of a row, eight sums side by side and always in the same order.
    private func mean(_ logits: UnsafeBufferPointer<Float>) -> Double {
        var (sums, rest) = (SIMD8<Double>(), 0.0)
        for index in 0..<logits.count / 8 {
            for lane in 0..<8 { sums[lane] += Double(logits[8 * index + lane]) }
        }
        for index in logits.count / 8 * 8..<logits.count { rest += Double(logits[index]) }
        return (sums.sum() + rest) / Double(logits.count)
    }

    private var maxima = GroupMaxima()
    private var filter = LogitFilter()
    private var ceilings: [Float] = []
    private var penalized: [Float] = []

    /// A sampler without any memory yet.
    public init() {}

    /// The token of a row, with its log-probability.
    ///
    /// - Parameters: as of `token(logits:parameters:stream:history:excluding:)`.
    /// - Throws: `SamplingError` as `token(logits:parameters:stream:history:excluding:)`.
    /// - Complexity: O(vocabulary), dominated by the sum of exponentials that the log-probability takes.
    public func choose(
        logits: UnsafeBufferPointer<Float>, parameters: SamplingParameters, stream: RandomStream,
        history: TokenHistory? = nil
    ) throws(SamplingError) -> Choice {
        let token = try token(logits: logits, parameters: parameters, stream: stream, history: history)
        // What penalties change is not the model's own distribution.
        if history != nil { try maxima.read(logits) }
        return choice(of: token, logits)
    }

    /// A token that was chosen otherwise, with its log-probability in a row.
    ///
    /// - Throws: `SamplingError` if a logit is NaN or +infinity, or all are −infinity.
    func choice(of token: Int, logits: UnsafeBufferPointer<Float>) throws(SamplingError) -> Choice {
        try maxima.read(logits)
        return choice(of: token, logits)
    }

    /// The most probable tokens of a row, best first; of equally probable ones those with the lower ids.
    ///
    /// - Throws: `SamplingError` if a logit is NaN or +infinity, or all are −infinity.
    /// - Complexity: O(vocabulary) and count for each token that was among the best so far.
    func mostProbable(_ logits: UnsafeBufferPointer<Float>, count: Int) throws(SamplingError) -> [Choice] {
        try maxima.read(logits)
        var best: [Int] = []
        for token in logits.indices where best.count < count || logits[token] > logits[best[count - 1]] {
            let place = best.firstIndex { logits[token] > logits[$0] } ?? best.count
            best.insert(token, at: place)
            if best.count > count { best.removeLast() }
        }
        let sum = Exponentials.sum(logits, largest: maxima.largest, temperature: 1)
        return best.map { choice(of: $0, logits, sum: sum) }
    }

    /// Adds what a row says of the token that stands in its place.
    ///
    /// - Parameters: as of `token(logits:parameters:stream:history:excluding:)`.
    /// - Throws: `SamplingError` as `token(logits:parameters:stream:history:excluding:)`.
    func read(
        _ token: Int, logits: UnsafeBufferPointer<Float>, parameters: SamplingParameters, history: TokenHistory?,
        into reading: inout TokenReading
    ) throws(SamplingError) {
        let distribution = try distribution(logits: logits, parameters: parameters, history: history)
        reading.drawProbabilities.append(distribution[token])
        try maxima.read(logits)
        let sum = Exponentials.sum(logits, largest: maxima.largest, temperature: 1)
        reading.logProbabilities.append(choice(of: token, logits, sum: sum).logProbability)
        reading.certainties.append(certainty(logits, sum: sum))
        reading.plausibilities.append(Float(Elementary.exp(Double(logits[token]) - Double(maxima.largest))))
    }

    private func choice(of token: Int, _ logits: UnsafeBufferPointer<Float>) -> Choice {
        choice(of: token, logits, sum: Exponentials.sum(logits, largest: maxima.largest, temperature: 1))
    }

    private func choice(of token: Int, _ logits: UnsafeBufferPointer<Float>, sum: Double) -> Choice {
        let logProbability = Double(logits[token]) - Double(maxima.largest) - Elementary.log(sum)
        return Choice(token: token, logProbability: Float(logProbability))
    }

    /// The token of a row alone: what a draft or its verification needs.
    ///
    /// - Parameters:
    ///   - logits: one logit per token, at least one; −infinity forbids a token.
    ///   - parameters: how to draw. Greedy takes the largest logit, of equal ones that of the lowest token.
    ///   - stream: the draws for the place where the token will stand. It carries the seed; that of the parameters is for
    ///     whoever makes the stream.
    ///   - history: the tokens before it, which parameters with penalties look at; nil stands for none.
    ///   - excluded: tokens that are not to be chosen, as if the row had never had them.
    /// - Throws: `SamplingError` if a logit is NaN or +infinity, or all are −infinity.
    /// - Complexity: O(vocabulary), but one comparison for most tokens; penalties and exclusions copy the row.
    public func token(
        logits: UnsafeBufferPointer<Float>, parameters: SamplingParameters, stream: RandomStream,
        history: TokenHistory? = nil, excluding excluded: [Int] = []
    ) throws(SamplingError) -> Int {
        try withPenalties(logits, parameters, history, excluded) { logits throws(SamplingError) in
            try token(penalized: logits, parameters, stream)
        }
    }

    private func token(
        penalized logits: UnsafeBufferPointer<Float>, _ parameters: SamplingParameters, _ stream: RandomStream
    ) throws(SamplingError) -> Int {
        precondition(!logits.isEmpty, "a row has at least one logit")
        try maxima.read(logits)
        let first = maxima.firstLargest(in: logits)
        if parameters.isGreedy { return first }
        let cut = filter.cut(logits, maxima, parameters)
        setCeilings(cut, temperature: parameters.temperature)
        let weights = LogitWeights(
            logits: logits, largest: Double(maxima.largest), temperature: parameters.temperature, cut: cut)
        var race = Race(stream, from: first, weight: 1)
        race.run(ceilings: ceilings, weights: weights, vocabularySize: logits.count)
        return race.winner
    }

    /// The distribution that a token of this row is drawn from, after penalties, temperature and filters: for ratio
    /// acceptance, which compares probabilities.
    ///
    /// - Parameters: as of `token(logits:parameters:stream:history:excluding:)`.
    /// - Throws: `SamplingError` as `token(logits:parameters:stream:history:excluding:)`.
    /// - Complexity: O(vocabulary), with an exponential for each token that the filters keep; allocates the result.
    public func distribution(
        logits: UnsafeBufferPointer<Float>, parameters: SamplingParameters, history: TokenHistory? = nil
    ) throws(SamplingError) -> TokenDistribution {
        try withPenalties(logits, parameters, history) { logits throws(SamplingError) in
            try distribution(penalized: logits, parameters)
        }
    }

    /// Hands out a row as penalties and exclusions leave it.
    private func withPenalties<Result>(
        _ logits: UnsafeBufferPointer<Float>, _ parameters: SamplingParameters, _ history: TokenHistory?,
        _ excluded: [Int] = [], _ body: (UnsafeBufferPointer<Float>) throws(SamplingError) -> Result
    ) throws(SamplingError) -> Result {
        let history = parameters.hasPenalties ? history : nil
        guard history != nil || !excluded.isEmpty else { return try body(logits) }
        penalized.removeAll(keepingCapacity: true)
        penalized.append(contentsOf: logits)
        penalized.withUnsafeMutableBufferPointer { history?.penalize($0, parameters) }
        for token in excluded { penalized[token] = -.infinity }
        return try penalized.withUnsafeBufferPointer(body)
    }

    private func distribution(
        penalized logits: UnsafeBufferPointer<Float>, _ parameters: SamplingParameters
    ) throws(SamplingError) -> TokenDistribution {
        precondition(!logits.isEmpty, "a row has at least one logit")
        try maxima.read(logits)
        if parameters.isGreedy {
            return TokenDistribution(certain: maxima.firstLargest(in: logits), vocabularySize: logits.count)
        }
        let cut = filter.cut(logits, maxima, parameters)
        let weights = LogitWeights(
            logits: logits, largest: Double(maxima.largest), temperature: parameters.temperature, cut: cut)
        return TokenDistribution(weights: logits.indices.map(weights.weight))
    }

    /// Bounds the weights of each group. The factor is far above the error of single precision.
    private func setCeilings(_ cut: LogitCut, temperature: Double) {
        let scale = Exponentials.scale(temperature)
        ceilings.removeAll(keepingCapacity: true)
        for value in maxima.values {
            let isIn = value >= cut.logit
            ceilings.append(isIn ? Exponentials.exponential((value - maxima.largest) * scale) * 1.0001 : 0)
        }
    }
}
