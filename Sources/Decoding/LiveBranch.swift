internal import CacheTree
internal import Tokenization

/// Requests that were made together and are answered together.
final class RequestGroup {
    /// The group's number in its scheduler.
    let number: Int
    var counters = DecodingCounters()
    private(set) var branches: [LiveBranch] = []
    private let resume: (Result<GenerationResult, DecodingError>) -> Void

    init(number: Int, resume: @escaping (Result<GenerationResult, DecodingError>) -> Void) {
        self.number = number
        self.resume = resume
    }

    func add(_ branch: LiveBranch) { branches.append(branch) }

    var isFinished: Bool { branches.allSatisfy { $0.end != nil } }

    /// Answers with what all branches have generated.
    func finish() {
        let generated = branches.map { branch in
            Generated(
                node: branch.node, tokens: branch.tokens, logProbabilities: branch.logProbabilities,
                end: branch.end ?? .length)
        }
        resume(.success(GenerationResult(generated: generated, counters: counters)))
    }

    /// Answers with an error.
    func fail(_ error: DecodingError) { resume(.failure(error)) }
}

/// A request on its way: a leaf of the tree that grows.
final class LiveBranch {
    let request: GenerationRequest
    /// The leaf; held once.
    var node: NodeID
    unowned let group: RequestGroup
    /// The branch's number in its scheduler: the later it came, the sooner it gives way.
    let number: Int
    private(set) var tokens: [Int32] = []
    private(set) var logProbabilities: [Float] = []
    private(set) var end: GenerationEnd?
    /// Tokens that the draft model has put behind the leaf's own, not yet confirmed.
    var proposals: [Int32] = []
    /// Whether the draft model has every token of the path: its vocabulary may lack the target's padding.
    var isDraftable = true
    /// Whether the pass of whoever writes it had room for it in this step.
    var isServed = false
    /// Whether it waits for memory that others have.
    var isParked = false
    private let random: RandomSource
    private var detector: StopDetector

    init(_ request: GenerationRequest, node: NodeID, group: RequestGroup, number: Int) {
        self.request = request
        self.node = node
        self.group = group
        self.number = number
        random = RandomSource(seed: request.sampling.seed)
        detector = StopDetector(request.stop)
    }

    /// The noise of the choice at a depth of the path: the same for whoever proposes and for whoever decides.
    func noise(at depth: Int) -> RandomStream {
        random.stream(branch: request.branch, position: depth, purpose: .choice)
    }

    /// Takes a token for good and notes whether the generation ends with it.
    func take(_ choice: Sampler.Choice, _ tokenizer: Tokenizer?) {
        tokens.append(Int32(choice.token))
        logProbabilities.append(choice.logProbability)
        end = detector.end(after: Int32(choice.token), tokenizer)
    }

    /// Ends the generation because the model's context is full.
    func endForLength() { end = .length }

    /// Whether the generation would end with the proposals so far, so that proposing more is idle.
    func proposalsEnd(_ tokenizer: Tokenizer?) -> Bool {
        var detector = detector
        return proposals.contains { detector.end(after: $0, tokenizer) != nil }
    }
}
