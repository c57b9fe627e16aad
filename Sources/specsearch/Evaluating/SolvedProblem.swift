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

    init(_ problem: Problem, _ contender: Contender, _ answer: Answer) {
        id = problem.id
        seed = answer.options.sampling.seed
        self.contender = contender.name
        self.answer = answer.answer
        isCorrect = problem.isSolved(by: answer.answer, text: answer.text)
        seconds = answer.duration.seconds
        counters = answer.outcome.counters
        phases = Trace.Phase.allCases.map { answer.times[$0].seconds }
    }

    /// A line of a file of results.
    var json: JSONValue {
        [
            "id": .string(id), "seed": .string(String(seed)), "policy": .string(contender),
            "answer": answer.map { .string($0) } ?? .null, "correct": .bool(isCorrect), "seconds": .number(seconds),
            "counters": counters.json, "phases": .array(phases.map { .number($0) }),
        ]
    }

    /// Nil if the value has not the form that `json` gives.
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.string, let seed = json["seed"]?.string.flatMap({ UInt64($0) }),
            let contender = json["policy"]?.string, let isCorrect = json["correct"]?.bool,
            let seconds = json["seconds"]?.double, seconds >= 0,
            let counters = json["counters"].flatMap({ Counters($0) }),
            let phases = json["phases"]?.array?.compactMap(\.double), phases.count == Trace.Phase.allCases.count
        else { return nil }
        (self.id, self.seed, self.contender, self.isCorrect) = (id, seed, contender, isCorrect)
        (self.seconds, self.counters, self.phases) = (seconds, counters, phases)
        answer = json["answer"]?.string
    }
}
