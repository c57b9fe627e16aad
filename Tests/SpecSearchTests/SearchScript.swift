import SpecSearch

/// A search that a test answers by hand: thoughts as words, scores as they come.
struct SearchScript {
    var search: Search
    var events: [SearchEvent] = []

    init(
        _ policy: SpeculationPolicy = .paper, _ strategy: SearchStrategy = .beam, width: Int = 2, beams: Int = 2,
        depth: Int = 8, theta: Double = 0.5, tokenBudget: Int? = nil, memory: SearchMemory = .init(),
        _ change: (inout SearchParameters) -> Void = { _ in }
    ) throws {
        let format = try PromptFormat(prompt: "Q: {question}\n", separator: "\n", answer: "The answer is {answer}.")
        var parameters = try SearchParameters(
            width: width, beams: beams, depth: depth, theta: theta, tokenBudget: tokenBudget)
        change(&parameters)
        search = try Search(
            strategy: strategy, policy: policy, parameters: parameters, format: format, memory: memory)
    }

    /// Texts separated by blanks, of thoughts separated by commas: "." ends the text after a word, "_" is an empty thought,
    /// "!" a line with the answer 7, and "!9" one with 9.
    mutating func write(_ texts: String) throws {
        events += try search.tell(written: texts.split(separator: " ").map { thoughts(in: $0) })
    }

    private func thoughts(in text: Substring) -> [WrittenThought] {
        text.split(separator: ",").map { word in
            let ends = word.hasSuffix(".")
            let text =
                switch word {
                case "_": ""
                case "!": "The answer is 7.\n"
                case _ where word.hasPrefix("!"): "The answer is \(word.dropFirst()).\n"
                default: ends ? String(word.dropLast()) : word + "\n"
                }
            return WrittenThought(
                text: text, tokens: [1, 2], end: ends ? .endOfText : .separator, meanLogProbability: -1)
        }
    }

    mutating func score(_ scores: Float...) throws { events += try search.tell(scores: scores) }

    /// The target's opinion of drafts: how well it could have written each, and with what probability it does.
    mutating func check(_ checks: (plausibility: Float, probability: Double)...) throws {
        events += try search.tell(
            checks: checks.map { DraftCheck(plausibility: $0.plausibility, probability: $0.probability) })
    }

    /// What is asked to be written, as "parent origin slot" with the parent's words, "-" for the question.
    var requests: [String] {
        guard case .write(let requests) = search.ask() else { return [] }
        return requests.map { request in
            "\(request.parent.map { word($0) } ?? "-") \(request.origin.rawValue) \(request.slot)"
        }
    }

    /// β for the level to be judged.
    var threshold: Double? { search.memory.thresholds[search.counters.levels + 1] }

    /// The drafts that the target is asked about, as words.
    var unchecked: [String] {
        guard case .check(let thoughts) = search.ask() else { return [] }
        return thoughts.map { word($0) }
    }

    /// The thoughts to be scored, as words.
    var unjudged: [String] {
        guard case .score(let thoughts) = search.ask() else { return [] }
        return thoughts.map { word($0) }
    }

    /// The thoughts in a state, as words.
    func thoughts(_ state: Thought.State) -> [String] {
        search.tree.thoughts.filter { $0.state == state }.map { word($0.id) }
    }

    var outcome: SearchOutcome? {
        guard case .finished(let outcome) = search.ask() else { return nil }
        return outcome
    }

    func word(_ id: Thought.ID) -> String { String(search.tree[id].text.prefix { $0 != "\n" }) }
}

extension SearchParameters {
    /// Parameters whose other values are the standard's.
    init(
        width: Int = 6, beams: Int = 2, depth: Int = 16, theta: Double = 0.9, thoughtTokens: Int = 64,
        tokenBudget: Int? = nil
    ) throws {
        self.init()
        (self.width, self.beams, self.depth, self.theta) = (width, beams, depth, theta)
        (self.thoughtTokens, self.tokenBudget) = (thoughtTokens, tokenBudget)
        try check()
    }
}
