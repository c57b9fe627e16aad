/// N solutions of the target, written side by side to their ends, of which one is chosen.
struct BestOfN: Strategy {
    /// How one is chosen.
    enum Choice: Hashable {
        /// The path with the highest value.
        case value
        /// The answer that most paths have.
        case votes
        /// The answer whose paths have the highest sum of values.
        case weightedVotes
    }

    private let choice: Choice
    private var hasBegun = false
    /// The last thoughts of the solutions, each as often as it was written.
    private var ends: [Thought.ID] = []

    init(choice: Choice) { self.choice = choice }

    var isCorrecting: Bool { false }
    var held: [Thought.ID] { [] }

    mutating func next(after written: [Thought.ID], _ record: inout SearchRecord) -> Step {
        guard hasBegun else {
            hasBegun = true
            let parameters = record.parameters
            return .write(
                (0..<parameters.width).map { slot in
                    WriteRequest(
                        parent: nil, slot: slot, origin: .target, extent: .solution,
                        maxTokens: parameters.solutionTokens)
                })
        }
        ends = written
        guard let best = result(record).best else { return .end(.exhausted) }
        return .end(best.isFinal ? .answered : .depth)
    }

    mutating func stop(after written: [Thought.ID], _ record: inout SearchRecord) {
        if hasBegun { ends = written }
    }

    func result(_ record: SearchRecord) -> SearchResult {
        let solutions = ends.map { id in
            Solution(end: record.tree[id], answer: record.format.answer(in: record.tree.text(of: id)))
        }
        let finished = solutions.filter(\.end.isFinal)
        let competing = finished.isEmpty ? solutions : finished
        let chosen = choice == .value ? nil : elected(competing)
        let best = competing.filter { chosen == nil || $0.answer == chosen }
            .min { Thought.isBetter($0.end, $1.end) }
        return SearchResult(best: best?.end, answer: best?.answer)
    }

    private struct Solution {
        let end: Thought
        let answer: String?
    }

    /// The answer with most votes; of several with as many, the one that came first. Nil if no solution has an answer.
    private func elected(_ solutions: [Solution]) -> String? {
        var votes: [(answer: String, weight: Float)] = []
        for solution in solutions {
            guard let answer = solution.answer else { continue }
            let weight = choice == .votes ? 1 : solution.end.value ?? 0
            if let index = votes.firstIndex(where: { $0.answer == answer }) {
                votes[index].weight += weight
            } else {
                votes.append((answer, weight))
            }
        }
        return votes.enumerated().min { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }?.element
            .answer
    }
}
