internal import Decoding
public import JSON

/// The events of a search with their times: enough to show it again.
public struct SearchRecording: Sendable {
    private var events: [JSONValue] = []
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    /// Begins now.
    public init() { start = clock.now }

    /// Notes what happened just now.
    ///
    /// - Returns: the event's form in the recording.
    @discardableResult
    public mutating func note(_ event: SearchEvent) -> JSONValue {
        let form = event.json(at: (clock.now - start).seconds)
        events.append(form)
        return form
    }

    /// What a search is about, in the form that a recording begins with.
    public static func heading(_ question: String, _ options: SearchOptions) -> JSONObject {
        let (seed, parameters) = (options.sampling.seed, options.parameters)
        return [
            "version": 1,
            "question": .string(question),
            "policy": .string(options.policy.rawValue),
            "strategy": .string(options.strategy.rawValue),
            // Readers in JavaScript know whole numbers up to here.
            "seed": seed < 1 << 53 ? .integer(Int(seed)) : .string(String(seed)),
            "width": .integer(parameters.width),
            "beams": .integer(parameters.beams),
            "depth": .integer(parameters.depth),
        ]
    }

    /// The whole recording as one JSON object: the heading, the events, and what the search took.
    public func json(of answer: Answer) -> JSONValue {
        var object = Self.heading(answer.question, answer.options)
        object.set("events", .array(events))
        for member in answer.costs.members { object.set(member.name, member.value) }
        return .object(object)
    }
}
