import SpecSearch

/// Contenders that solve problems in turns.
struct Evaluation {
    /// What each did so far, in the order of the problems.
    private(set) var tallies: [Tally]
    private let reasoner: Reasoner
    private let options: (Contender) throws -> SearchOptions
    private let remembers: Bool
    private var memories: [Run: SearchMemory] = [:]
    /// Results that are there already.
    private var known: [String: SolvedProblem] = [:]
    private var turn = 0

    /// A contender on its way through the problems with one seed.
    private struct Run: Hashable {
        let contender: Contender
        let seed: UInt64
    }

    /// - Parameters:
    ///   - reasoner: who answers.
    ///   - contenders: what is measured.
    ///   - remembers: whether each learns from problem to problem how thoughts score.
    ///   - known: results that are there already.
    ///   - options: how a contender searches.
    init(
        _ reasoner: Reasoner, _ contenders: [Contender], remembers: Bool, known: [SolvedProblem],
        options: @escaping (Contender) throws -> SearchOptions
    ) {
        self.reasoner = reasoner
        self.options = options
        self.remembers = remembers
        tallies = contenders.map { Tally($0) }
        for result in known { self.known[Self.key(result.id, result.seed, result.contender)] = result }
    }

    /// Lets every contender solve a problem.
    ///
    /// - Parameter offset: is added to the seed.
    /// - Returns: the results that were not there yet.
    mutating func solve(_ problem: Problem, seedOffset offset: UInt64) async throws -> [SolvedProblem] {
        var news: [SolvedProblem] = []
        // The first of a problem finds caches colder than the last: so each takes its turn at being first.
        turn += 1
        for place in tallies.indices {
            let index = (place + turn) % tallies.count
            let contender = tallies[index].contender
            var options = try options(contender)
            options.isSerial = contender.isSerial
            options.sampling.seed &+= offset
            let key = Self.key(problem.id, options.sampling.seed, contender.name)
            if let result = known.removeValue(forKey: key) {
                tallies[index].add(result)
                continue
            }
            let run = Run(contender: contender, seed: offset)
            if remembers { options.memory = memories[run] ?? SearchMemory() }
            let answer = try await reasoner.answer(problem.question, options: options)
            if remembers { memories[run] = answer.memory }
            news.append(SolvedProblem(problem, contender, answer))
            tallies[index].add(news[news.count - 1])
        }
        return news
    }

    private static func key(_ id: String, _ seed: UInt64, _ contender: String) -> String {
        "\(contender) \(seed) \(id)"
    }
}
