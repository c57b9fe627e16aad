import SpecSearch
import TestSupport

/// Models that write and judge by hashing, so that a whole search is a function of the seed.
protocol ToyModels {
    /// What a model writes in a slot after some reasoning.
    func write(_ origin: Writer, slot: Int, after reasoning: String) -> WrittenThought
    /// The score of the last thought of some reasoning.
    func score(_ reasoning: String) -> Float
}

extension ToyModels {
    /// Runs a search to its end and returns all its events.
    ///
    /// - Parameter order: how the thoughts of a batch are put before they are scored one after the other.
    func run(_ search: inout Search, order: ([Thought.ID]) -> [Thought.ID] = { $0 }) throws -> [SearchEvent] {
        var events: [SearchEvent] = []
        while true {
            if case .finished = search.ask() { return events }
            events += try step(&search, order: order)
        }
    }

    /// Does what a search asks for, once.
    @discardableResult
    func step(_ search: inout Search, order: ([Thought.ID]) -> [Thought.ID] = { $0 }) throws -> [SearchEvent] {
        switch search.ask() {
        case .write(let requests):
            return try search.tell(written: requests.map { written(for: $0, in: search) })
        case .score(let thoughts):
            var scores: [Thought.ID: Float] = [:]
            for id in order(thoughts) { scores[id] = score(search.tree.text(of: id)) }
            return try search.tell(scores: thoughts.compactMap { scores[$0] })
        case .check(let thoughts):
            return try search.tell(checks: thoughts.map { check(search.tree.text(of: $0)) })
        case .finished: return []
        }
    }

    /// What a search asks for.
    func written(for request: WriteRequest, in search: Search) -> [WrittenThought] {
        if request.extent == .solution { return solution(slot: request.slot) }
        return [write(request.origin, slot: request.slot, after: search.tree.text(of: request.parent))]
    }

    /// What the target thinks of a draft.
    func check(_ reasoning: String) -> DraftCheck {
        DraftCheck(plausibility: 1 - score(reasoning) / 2, probability: Double(score(reasoning)) / 4)
    }

    /// Up to eight thoughts, as the target writes them.
    private func solution(slot: Int) -> [WrittenThought] {
        var (thoughts, text): ([WrittenThought], String) = ([], "")
        while thoughts.count < 8, thoughts.last?.end != .endOfText {
            thoughts.append(write(.target, slot: slot, after: text))
            text += thoughts.last?.text ?? ""
        }
        return thoughts
    }
}

/// Models with a handful of words, so that duplicates, ties, empty thoughts and ends of all kinds are frequent.
struct WordModels: ToyModels {
    let seed: UInt64

    func write(_ origin: Writer, slot: Int, after reasoning: String) -> WrittenThought {
        var random = SeededRandom(seed: hash("\(seed) \(origin) \(slot) \(reasoning)"))
        let end: GenerationEnd = [.separator, .separator, .separator, .endOfText, .length].randomElement(
            using: &random)!
        let words = ["ox", "cat", "dog", "emu", "fox", "The answer is 7.", ""]
        let word = words.randomElement(using: &random)!
        return WrittenThought(
            text: end == .separator ? word + "\n" : word, tokens: [Int32(slot)], end: end, meanLogProbability: -1)
    }

    func score(_ reasoning: String) -> Float {
        var random = SeededRandom(seed: hash("\(seed) score \(reasoning)"))
        return Float(Int.random(in: 0...16, using: &random)) / 16
    }
}

/// Models whose thoughts are all different and have normally distributed scores, as in the paper's section 4.
struct NormalModels: ToyModels {
    static let targetMean: Float = 0.6
    static let draftMean: Float = 0.5
    let seed: UInt64

    func write(_ origin: Writer, slot: Int, after reasoning: String) -> WrittenThought {
        WrittenThought(text: "\(origin) \(slot)\n", tokens: [0], end: .separator, meanLogProbability: -1)
    }

    func score(_ reasoning: String) -> Float {
        var random = SeededRandom(seed: hash("\(seed) \(reasoning)"))
        let isDraft = reasoning.split(separator: "\n").last?.hasPrefix("draft") ?? false
        return min(max((isDraft ? Self.draftMean : Self.targetMean) + 0.1 * random.normal(), 0), 1)
    }
}

/// FNV-1a of a text.
private func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
}
