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
    /// Tokens behind those.
    private(set) var proposals: [Proposal] = []
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

    /// Adds the token that a draft model would choose next.
    mutating func propose(_ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler) throws(SamplingError) -> Int32 {
        let token: Int
        var distribution: TokenDistribution?
        if request.acceptance == .ratio {
            let proposer = try sampler.distribution(
                logits: logits, parameters: request.sampling, history: history)
            token = proposer.draw(stream(.choice))
            distribution = proposer
        } else {
            token = try sampler.token(
                logits: logits, parameters: request.sampling, stream: stream(.choice), history: history)
        }
        add(Proposal(token: Int32(token), drafter: .model, distribution: distribution))
        return Int32(token)
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
    }

    /// Whether the text would end with the proposals so far, so that proposing more is idle.
    var proposalsEnd: Bool {
        var detector = detector
        return proposals.contains { detector.end(after: $0.token, tokenizer) != nil }
    }

    // MARK: Choices

    /// Takes the next token as the logits of whoever writes the text have it; there are no proposals.
    mutating func take(_ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler) throws(SamplingError) {
        take(
            try sampler.choose(
                logits: logits, parameters: request.sampling, stream: stream(.choice), history: history))
    }

    /// Takes the proposals as long as the target accepts them, and then one token of its own, unless the text ends before.
    ///
    /// - Parameter logits: the target's logits for the place of each proposal and for the one behind them, by number.
    /// - Returns: how many proposals were accepted.
    mutating func judge(
        _ sampler: Sampler, logits: (Int) -> UnsafeBufferPointer<Float>
    ) throws(SamplingError) -> Int {
        let proposals = proposals
        dropProposals()
        for (index, proposal) in proposals.enumerated() {
            let choice = try judge(proposal, logits(index), sampler)
            take(choice)
            guard choice.token == Int(proposal.token) else { return index }
            guard end == nil else { return index + 1 }
        }
        try take(logits(proposals.count), sampler)
        return proposals.count
    }

    private func judge(
        _ proposal: Proposal, _ logits: UnsafeBufferPointer<Float>, _ sampler: Sampler
    ) throws(SamplingError) -> Sampler.Choice {
        guard request.acceptance == .ratio else {
            let choice = try sampler.choose(
                logits: logits, parameters: request.sampling, stream: stream(.choice), history: history)
            guard let rate = request.forcedAcceptance else { return choice }
            let isAccepted = stream(.acceptance).uniform(0) < rate
            let other = choice.token == Int(proposal.token) ? (choice.token + 1) % logits.count : choice.token
            return try sampler.choice(of: isAccepted ? Int(proposal.token) : other, logits: logits)
        }
        let target = try sampler.distribution(logits: logits, parameters: request.sampling, history: history)
        let proposer =
            proposal.distribution ?? TokenDistribution(certain: Int(proposal.token), vocabularySize: logits.count)
        let token = target.token(
            judging: Int(proposal.token), from: proposer, acceptance: stream(.acceptance),
            residual: stream(.residual))
        return try sampler.choice(of: token, logits: logits)
    }

    private mutating func take(_ choice: Sampler.Choice) {
        tokens.append(Int32(choice.token))
        logProbabilities.append(choice.logProbability)
        history?.append(Int32(choice.token))
        end = detector.end(after: Int32(choice.token), tokenizer)
    }
}
