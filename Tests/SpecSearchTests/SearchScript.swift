import SpecSearch

/// A search that a test answers by hand: thoughts as words, scores as they come.
struct SearchScript {
    var search: BeamSearch
    var events: [SearchEvent] = []

    init(
        _ policy: SpeculationPolicy = .paper, width: Int = 2, beams: Int = 2, depth: Int = 8, theta: Double = 0.5,
        tokenBudget: Int? = nil
    ) throws {
        let format = try PromptFormat(prompt: "Q: {question}\n", separator: "\n", answer: "The answer is {answer}.")
        let parameters = try SearchParameters(
            width: width, beams: beams, depth: depth, theta: theta, tokenBudget: tokenBudget)
        search = BeamSearch(parameters: parameters, policy: policy, format: format)
    }

    /// Words separated by blanks, one thought each: "." ends the text after a word, "_" is an empty thought, and "!" a
    /// line with an answer.
    mutating func write(_ words: String) throws {
        let written = words.split(separator: " ").map { word in
            let ends = word.hasSuffix(".")
            let text =
                switch word {
                case "_": ""
                case "!": "The answer is 7.\n"
                default: ends ? String(word.dropLast()) : word + "\n"
                }
            return WrittenThought(
                text: text, tokens: [1, 2], end: ends ? .endOfText : .separator, meanLogProbability: -1)
        }
        events += try search.tell(written: written)
    }

    mutating func score(_ scores: Float...) throws { events += try search.tell(scores: scores) }

    /// What is asked to be written, as "parent origin slot" with the parent's words, "-" for the question.
    var requests: [String] {
        guard case .write(let requests) = search.ask() else { return [] }
        return requests.map { request in
            "\(request.parent.map { word($0) } ?? "-") \(request.origin.rawValue) \(request.slot)"
        }
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
