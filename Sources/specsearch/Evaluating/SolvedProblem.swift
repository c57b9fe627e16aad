import Decoding
import JSON
import SpecSearch

/// What one contender made of one problem.
struct SolvedProblem {
    let id: String
    let seed: UInt64
    let contender: String
    let answer: String?
    let isCorrect: Bool
    let seconds: Double
    let counters: Counters
    /// Seconds of each phase, in the order of `Trace.Phase.allCases`.
    let phases: [Double]
    /// What became of drafts, level by level.
    let levels: [Level]

    /// One depth of a search that drafts.
    struct Level {
        /// Distinct drafts, and those of them that competed.
        let (drafts, accepted): (Int, Int)
        /// β, where it is known.
        let threshold: Double?

        init(_ depth: Int, _ answer: Answer) {
            let thoughts = answer.outcome.tree.thoughts.filter { $0.depth == depth && $0.origin == .draft }
            drafts = thoughts.count
            accepted = thoughts.count { $0.state != .rejected }
            threshold = answer.memory.thresholds[depth]
        }

        var json: JSONValue {
            [.integer(drafts), .integer(accepted), threshold.map { .number($0) } ?? .null]
        }

        /// Nil if the value has not the form that `json` gives.
        init?(_ json: JSONValue) {
            guard let members = json.array, members.count == 3, let drafts = members[0].int,
                let accepted = members[1].int
            else { return nil }
            (self.drafts, self.accepted, threshold) = (drafts, accepted, members[2].double)
        }
    }

    init(_ problem: Problem, _ contender: Contender, _ answer: Answer) {
        id = problem.id
        seed = answer.options.sampling.seed
        self.contender = contender.name
        self.answer = answer.answer
        isCorrect = problem.isSolved(by: answer.answer, text: answer.text)
        seconds = answer.duration.seconds
        counters = answer.outcome.counters
        phases = Trace.Phase.allCases.map { answer.times[$0].seconds }
        let deepest = answer.outcome.tree.thoughts.reduce(0) { max($0, $1.depth) }
        levels =
            contender.policy.draftsThoughts && deepest > 0 ? (1...deepest).map { Level($0, answer) } : []
    }

    /// A line of a file of results.
    var json: JSONValue {
        [
            "id": .string(id), "seed": .string(String(seed)), "policy": .string(contender),
            "answer": answer.map { .string($0) } ?? .null, "correct": .bool(isCorrect), "seconds": .number(seconds),
            "counters": counters.json, "phases": .array(phases.map { .number($0) }),
            "levels": .array(levels.map(\.json)),
        ]
    }

    /// Nil if the value has not the form that `json` gives.
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.string, let seed = json["seed"]?.string.flatMap({ UInt64($0) }),
            let contender = json["policy"]?.string, let isCorrect = json["correct"]?.bool,
            let seconds = json["seconds"]?.double, seconds >= 0,
            let counters = json["counters"].flatMap({ Counters($0) }),
            let phases = json["phases"]?.array?.compactMap(\.double), phases.count == Trace.Phase.allCases.count,
            let levels = json["levels"]?.array?.compactMap(Level.init)
        else { return nil }
        (self.id, self.seed, self.contender, self.isCorrect) = (id, seed, contender, isCorrect)
        (self.seconds, self.counters, self.phases, self.levels) = (seconds, counters, phases, levels)
        answer = json["answer"]?.string
    }
}
