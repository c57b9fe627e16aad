internal import CacheTree

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

    var isFinished: Bool { branches.allSatisfy { $0.text.end != nil } }

    /// Answers with what all branches have generated.
    func finish() {
        let generated = branches.map { branch in
            Generated(
                node: branch.node, tokens: branch.text.tokens, logProbabilities: branch.text.logProbabilities,
                certainties: branch.text.certainties, mostProbable: branch.text.mostProbable,
                end: branch.text.end ?? .length)
        }
        resume(.success(GenerationResult(generated: generated, counters: counters)))
    }

    /// Answers with an error.
    func fail(_ error: DecodingError) { resume(.failure(error)) }
}

/// A request on its way: a path of the tree that grows.
final class LiveBranch {
    let request: GenerationRequest
    /// The end of its path, held once: others that have said the same so far may stand there too.
    var node: NodeID
    unowned let group: RequestGroup
    /// The branch's number in its scheduler: the later it came, the sooner it gives way.
    let number: Int
    /// What is written; its proposals stand at the end of the path.
    var text: GrowingText
    /// How often proposals of each drafter were accepted.
    var rates = AcceptanceRates(over: 20)
    /// What was found in texts for this step.
    var found: [Int32] = []
    /// The most proposals in this step.
    var allotment = 0
    /// How many tokens compete for the first place in this step.
    var width = 1
    /// Leaves of the tree with the alternatives to the first proposal, each held once, and where the pass has their outputs.
    var alternatives: [(node: NodeID, output: Int)] = []
    /// Whether the draft model has every token of the path: its vocabulary may lack the target's padding.
    var isDraftable = true
    /// Whether the pass of whoever writes it had room for it in this step.
    var isServed = false
    /// Steps since then.
    var waited = 0
    /// Whether it gets anywhere.
    var progress = Progress()
    /// Whether it waits for memory that others have.
    var isParked = false

    /// - Parameters:
    ///   - text: what continues the path.
    ///   - node: an empty leaf of the tree at its end.
    init(_ request: GenerationRequest, text: GrowingText, node: NodeID, group: RequestGroup, number: Int) {
        self.request = request
        self.text = text
        self.node = node
        self.group = group
        self.number = number
    }
}
