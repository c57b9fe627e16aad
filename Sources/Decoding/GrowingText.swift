internal import Tokenization

/// The text of one request as it grows: what was taken for good, and what a drafter proposes behind it.
///
/// It knows logits and tokens, not the tree in which they lie nor the models that they come from.
struct GrowingText {
    /// A token that the target has yet to judge.
    struct Proposal {
        let token: Int32
        let drafter: Drafter
        /// What the draft model drew it from, if that matters.
        var distribution: TokenDistribution?
    }

    /// The tokens taken for good.
    private(set) var tokens: [Int32] = []
    /// The natural logarithm of each token's probability.
    private(set) var logProbabilities: [Float] = []
    /// How far the distribution of each token's place was from a uniform one, if the request asks for it.
    private(set) var certainties: [Float] = []
    /// The most probable tokens of each place, if the request asks for them.
    private(set) var mostProbable: [[Sampler.Choice]] = []
    /// Tokens behind those.
    private(set) var proposals: [Proposal] = []
    /// Tokens that compete with the first proposal, in the order in which they are judged after it.
    private(set) var alternatives: [Proposal] = []
    /// Why the text has ended, if it has.
    private(set) var end: GenerationEnd?
    private let request: GenerationRequest
    private let start: Int
    private let tokenizer: Tokenizer?
    private let random: RandomSource
    private var detector: StopDetector
    private var history: TokenHistory?

    /// - Parameters:
    ///   - request: how tokens are chosen, and when the text ends.
    ///   - path: the tokens that the text continues.
    ///   - tokenizer: says what tokens spell, if the text can end at a separator.
    init(_ request: GenerationRequest, path: [Int32], tokenizer: Tokenizer?) {
        self.request = request
        self.tokenizer = tokenizer
        start = path.count
        random = RandomSource(seed: request.sampling.seed)
        detector = StopDetector(request.stop)
        if request.sampling.hasPenalties {
            history = TokenHistory(path: path, textStart: request.textStart ?? path.count)
        }
    }

    /// The depth at which the next token will stand, behind all proposals.
    private var depth: Int { start + tokens.count + proposals.count }

    /// The draws for one purpose at that depth: the same for whoever proposes and for whoever decides.
    private func stream(_ purpose: RandomSource.Purpose) -> RandomStream {
        random.stream(branch: request.branch, position: depth, purpose: purpose)
    }

    /// Ends the text because the model's context is full.
    mutating func endForLength() { end = .length }

    // MARK: Proposals

    /// Adds the token that a draft model would choose next, and to the first proposal as many alternatives as are asked for
    /// and there are: what it would choose if it could not have those before.
    mutating func propose(
        _ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler, alternatives count: Int = 0
    ) throws(SamplingError) -> Int32 {
        let candidates = try candidates(logits, sampler, count: proposals.isEmpty ? 1 + count : 1)
        alternatives += candidates.dropFirst()
        add(candidates[0])
        return candidates[0].token
    }

    /// What the draft model would choose, and what it would choose then.
    private func candidates(
        _ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler, count: Int
    ) throws(SamplingError) -> [Proposal] {
        var candidates: [Proposal] = []
        var proposer =
            request.acceptance == .ratio
            ? try sampler.distribution(logits: logits, parameters: request.sampling, history: history) : nil
        while candidates.count < count {
            let token: Int
            if let proposer {
                token = proposer.draw(stream(.choice))
            } else {
                do throws(SamplingError) {
                    token = try sampler.token(
                        logits: logits, parameters: request.sampling, stream: stream(.choice), history: history,
                        excluding: candidates.map { Int($0.token) })
                } catch {
                    // There may be fewer tokens than are asked for.
                    if candidates.isEmpty { throw error }
                    break
                }
            }
            candidates.append(Proposal(token: Int32(token), drafter: .model, distribution: proposer))
            guard request.acceptance == .ratio else { continue }
            guard let rest = proposer?.without(token) else { break }
            proposer = rest
        }
        return candidates
    }

    /// Adds a token that was found elsewhere.
    mutating func propose(found token: Int32) { add(Proposal(token: token, drafter: .ngrams)) }

    private mutating func add(_ proposal: Proposal) {
        proposals.append(proposal)
        history?.append(proposal.token)
    }

    /// Forgets the proposals.
    mutating func dropProposals() {
        for proposal in proposals { history?.remove(proposal.token) }
        proposals.removeAll()
        alternatives.removeAll()
    }

    /// Forgets all alternatives but the first.
    mutating func keepAlternatives(_ count: Int) { alternatives.removeLast(alternatives.count - count) }

    /// Whether the text would end with the proposals so far, so that proposing more is idle.
    var proposalsEnd: Bool {
        var detector = detector
        return proposals.contains { detector.end(after: $0.token, tokenizer) != nil }
    }

    // MARK: Choices

    /// Takes the next token as the logits of whoever writes the text have it; there are no proposals.
    mutating func take(_ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler) throws(SamplingError) {
        let choice = try sampler.choose(
            logits: logits, parameters: request.sampling, stream: stream(.choice), history: history)
        try take(choice, logits, sampler)
    }

    /// What the target made of proposals.
    struct Verdict {
        /// How many of the chain were accepted.
        var accepted = 0
        /// The alternative to the first that was taken in its place.
        var alternative: Int?
    }

    /// Takes the proposals as long as the target accepts them, or an alternative to the first, and then one token of its own,
    /// unless the text ends before.
    ///
    /// - Parameters:
    ///   - logits: the target's logits for the place of each proposal and for the one behind them, by number.
    ///   - alternative: those behind an alternative, by number.
    mutating func judge(
        _ sampler: Sampler, logits: (Int) -> UnsafeBufferPointer<Float>,
        behind alternative: (Int) -> UnsafeBufferPointer<Float> = { _ in .init(start: nil, count: 0) }
    ) throws(SamplingError) -> Verdict {
        let (proposals, alternatives) = (proposals, alternatives)
        dropProposals()
        for (index, proposal) in proposals.enumerated() {
            let choice = try judge([proposal] + (index == 0 ? alternatives : []), logits(index), sampler)
            try take(choice, logits(index), sampler)
            guard choice.token == Int(proposal.token) else {
                let place = index == 0 ? alternatives.firstIndex { Int($0.token) == choice.token } : nil
                if let place, end == nil { try take(alternative(place), sampler) }
                return Verdict(accepted: index, alternative: place)
            }
            guard end == nil else { return Verdict(accepted: index + 1) }
        }
        try take(logits(proposals.count), sampler)
        return Verdict(accepted: proposals.count)
    }

    /// Chooses the token of a place for which there are proposals.
    private func judge(
        _ proposals: [Proposal], _ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler
    ) throws(SamplingError) -> Sampler.Choice {
        guard request.acceptance == .ratio else {
            let choice = try sampler.choose(
                logits: logits, parameters: request.sampling, stream: stream(.choice), history: history)
            guard let rate = request.forcedAcceptance, let proposal = proposals.first else { return choice }
            let isAccepted = stream(.acceptance).uniform(0) < rate
            let other = choice.token == Int(proposal.token) ? (choice.token + 1) % logits.count : choice.token
            return try sampler.choice(of: isAccepted ? Int(proposal.token) : other, logits: logits)
        }
        let target = try sampler.distribution(logits: logits, parameters: request.sampling, history: history)
        let candidates = proposals.map { proposal in
            let certain = TokenDistribution(certain: Int(proposal.token), vocabularySize: logits.count)
            return (token: Int(proposal.token), proposer: proposal.distribution ?? certain)
        }
        let token = target.token(
            judging: candidates, acceptance: stream(.acceptance), residual: stream(.residual))
        return try sampler.choice(of: token, logits: logits)
    }

    private mutating func take(
        _ choice: Sampler.Choice, _ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler
    ) throws(SamplingError) {
        if request.measuresCertainty { certainties.append(try sampler.certainty(logits)) }
        if request.mostProbable > 0 {
            mostProbable.append(try sampler.mostProbable(logits, count: request.mostProbable))
        }
        tokens.append(Int32(choice.token))
        logProbabilities.append(choice.logProbability)
        history?.append(Int32(choice.token))
        end = detector.end(after: Int32(choice.token), tokenizer)
    }
}
