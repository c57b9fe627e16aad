internal import Decoding
public import JSON

extension SearchOutcome {
    /// The result in the form of `specsearch solve --json`.
    ///
    /// Beside the question, the answer (null if there is none) and the counters, all thoughts in the order of creation:
    /// a rejected draft and what the target wrote instead of it are two of them. A score that is not there is null.
    /// `complete` says whether the path is finished, and `reason` why the search ended.
    ///
    /// - Parameters:
    ///   - question: the question as it was asked.
    ///   - seed: of all random numbers.
    ///   - seconds: how long the search took.
    public func json(question: String, seed: UInt64, seconds: Double) -> JSONValue {
        [
            "question": .string(question),
            "answer": answer.map { .string($0) } ?? .null,
            "text": .string(text),
            "complete": .bool(isComplete),
            "reason": .string(reason.rawValue),
            "policy": .string(policy.rawValue),
            "strategy": .string(strategy.rawValue),
            // A seed beyond 63 bits has no exact form among the numbers that all readers of JSON know.
            "seed": Int(exactly: seed).map { .integer($0) } ?? .string(String(seed)),
            "thoughts": .array(tree.thoughts.map(\.json)),
            "path": .array(path.map { .integer($0) }),
            "counters": counters.json,
            "seconds": .number(seconds),
        ]
    }
}

extension Thought {
    /// The thought in the form of `specsearch solve --json`.
    var json: JSONValue {
        [
            "id": .integer(id),
            "parent": parent.map { .integer($0) } ?? .null,
            "depth": .integer(depth),
            "text": .string(text),
            "score": score.map { .number(Double($0)) } ?? .null,
            "origin": .string(origin.rawValue),
            "state": .string(state.rawValue),
        ]
    }
}
