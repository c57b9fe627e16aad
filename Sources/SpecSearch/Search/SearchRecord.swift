internal import Decoding

/// What a search knows so far, whatever its strategy.
struct SearchRecord: Sendable {
    /// The size of the search.
    let parameters: SearchParameters
    /// Who writes thoughts.
    let policy: SpeculationPolicy
    /// What marks an answer.
    let format: PromptFormat
    /// The draws of audits.
    let random: RandomSource
    /// All thoughts.
    var tree = ThoughtTree()
    /// What the search took, of which it counts thoughts and levels.
    var counters = Counters()
    /// What happened since the last `tell` began.
    var events: [SearchEvent] = []
    /// What was learned about scores, in this search and before.
    var memory: SearchMemory
    /// How many tokens both models wrote, those of merged and dropped thoughts included.
    var tokensWritten = 0
    /// How many thoughts they wrote, those included.
    var thoughtsWritten = 0

    /// What of these requests the budgets allow, none of it if too little is left for a usual thought.
    func affordable(_ requests: [WriteRequest]) -> [WriteRequest] {
        var allowed = requests
        if let budget = parameters.thoughtBudget { allowed = Array(allowed.prefix(max(0, budget - thoughtsWritten))) }
        guard let budget = parameters.tokenBudget, !allowed.isEmpty else { return allowed }
        let share = max(0, budget - tokensWritten) / allowed.count
        guard share >= max(1, tokensWritten / max(1, thoughtsWritten)) else { return [] }
        for index in allowed.indices { allowed[index].maxTokens = min(allowed[index].maxTokens, share) }
        return allowed
    }

    /// β of the level behind a depth, where thoughts are drafted.
    func threshold(afterDepth depth: Int) -> Double? { policy.draftsThoughts ? memory.thresholds[depth + 1] : nil }

    /// Decides about a thought.
    mutating func decide(_ id: Thought.ID, _ state: Thought.State) {
        tree[id].state = state
        switch state {
        case .kept: events.append(.kept(id))
        case .pruned: events.append(.pruned(id))
        case .rejected: events.append(.rejected(id))
        case .open: break
        }
    }

    /// Gives thoughts that were written one after the other their places in the tree.
    ///
    /// - Returns: the last of them, or the thought that says the same; nil if nothing was written.
    mutating func admit(_ written: [WrittenThought], for request: WriteRequest, isCorrection: Bool) -> Thought.ID? {
        var (last, parent): (Thought.ID?, Thought.ID?) = (nil, request.parent)
        for thought in written {
            let isOver = last.map { tree[$0].isFinal } ?? false || parent.map { tree[$0].depth } == parameters.depth
            tokensWritten += thought.tokens.count
            if isOver || thoughtsWritten == parameters.thoughtBudget { continue }
            thoughtsWritten += 1
            let isFinal = thought.end == .endOfText || completesAnswer(thought.text, after: parent)
            switch tree.admit(
                thought, under: parent, slot: request.slot, origin: request.origin, isFinal: isFinal)
            {
            case .new(let id):
                events.append(isCorrection ? .corrected(tree[id]) : .proposed(tree[id]))
                if let score = tree[id].score { judge(id, score) }
                last = id
            case .duplicate(let twin):
                events.append(.merged(into: twin))
                last = twin
            case .blank: continue
            }
            parent = last
        }
        return last
    }

    /// Notes a thought's score, and what its path is worth with it.
    mutating func judge(_ id: Thought.ID, _ score: Float) {
        tree[id].score = score
        tree[id].value = parameters.aggregation.value(of: score, after: tree[id].parent.map { tree[$0] })
        events.append(.scored(id, score: score))
    }

    /// Whether a path holds an answer with a text but not without it; the mark may have begun in an earlier thought,
    /// which the length cap ended.
    private func completesAnswer(_ text: String, after parent: Thought.ID?) -> Bool {
        format.answer(in: tree.text(of: parent) + text) != nil
    }
}
