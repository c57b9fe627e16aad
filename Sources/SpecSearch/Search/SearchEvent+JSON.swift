public import JSON

extension SearchEvent {
    /// The event as one JSON object: `event` names it, `at` says when it was.
    ///
    /// Thoughts are named by their `id`. One that was written comes with its text, its origin, the number of its tokens and
    /// the mean of their log-probabilities; the end of a search with the answer and the path to it.
    ///
    /// - Parameter seconds: how long the search had taken by then.
    public func json(at seconds: Double) -> JSONValue {
        let (name, details) = form
        var object: JSONObject = ["at": .number(seconds), "event": .string(name)]
        for member in details.members { object.set(member.name, member.value) }
        return .object(object)
    }

    private var form: (name: String, details: JSONObject) {
        switch self {
        case .proposed(let thought): ("proposed", ["thought": thought.writtenForm])
        case .corrected(let thought): ("corrected", ["thought": thought.writtenForm])
        case .merged(let id): ("merged", ["into": .integer(id)])
        case .scored(let id, let score): ("scored", ["id": .integer(id), "score": .number(Double(score))])
        case .accepted(let id): ("accepted", ["id": .integer(id)])
        case .rejected(let id): ("rejected", ["id": .integer(id)])
        case .kept(let id): ("kept", ["id": .integer(id)])
        case .pruned(let id): ("pruned", ["id": .integer(id)])
        case .levelFinished(let depth, let threshold):
            ("levelFinished", ["depth": .integer(depth), "threshold": threshold.map { .number($0) } ?? .null])
        case .finished(let outcome): ("finished", outcome.endForm)
        }
    }
}

extension Thought {
    /// What is known of a thought when it was written.
    fileprivate var writtenForm: JSONValue {
        [
            "id": .integer(id),
            "parent": parent.map { .integer($0) } ?? .null,
            "depth": .integer(depth),
            "text": .string(text),
            "origin": .string(origin.rawValue),
            "tokens": .integer(tokens.count),
            "final": .bool(isFinal),
            "logProbability": .number(Double(meanLogProbability)),
            "score": score.map { .number(Double($0)) } ?? .null,
        ]
    }
}

extension SearchOutcome {
    /// What a search came to, without its tree.
    fileprivate var endForm: JSONObject {
        [
            "answer": answer.map { .string($0) } ?? .null,
            "text": .string(text),
            "complete": .bool(isComplete),
            "reason": .string(reason.rawValue),
            "path": .array(path.map { .integer($0) }),
            "score": score.map { .number(Double($0)) } ?? .null,
        ]
    }
}
