internal import Decoding
public import JSON

extension SearchOptions {
    private static let keys = [
        "strategy", "policy", "scoring", "parameters", "sampling", "draftLength", "drafters", "isSerial",
        "draftsAhead", "memory",
    ]

    /// An object with a member for each property, as saved searches hold it.
    public var json: JSONValue {
        [
            "strategy": .string(strategy.rawValue), "policy": .string(policy.rawValue),
            "scoring": .string(scoring.rawValue), "parameters": parameters.json,
            "sampling": sampling.json, "draftLength": draftLength.map { .integer($0) } ?? .null,
            "drafters": .array(drafters.map(\.rawValue).sorted().map { .string($0) }), "isSerial": .bool(isSerial),
            "draftsAhead": .bool(draftsAhead), "memory": memory.json,
        ]
    }

    init(_ file: JSONFields<SavedSearchError>) throws(SavedSearchError) {
        let fields = try file.object("options", allowed: Self.keys)
        self.init(
            strategy: try fields.choice("strategy", fallback: .beam),
            policy: try fields.choice("policy", fallback: .plain),
            scoring: try fields.choice("scoring", fallback: .reward),
            parameters: try SearchParameters(fields), sampling: try SamplingParameters(fields),
            draftLength: try fields.value("draftLength", "null, or 0 to \(Scheduler.longestDraft)") { value in
                value == .null ? .some(nil) : value.int.flatMap { 0...Scheduler.longestDraft ~= $0 ? .some($0) : nil }
            } ?? nil,
            drafters: try fields.required("drafters", "names of drafters") { value in
                value.array.flatMap { names in
                    let drafters = names.compactMap { $0.string.flatMap(Drafter.init(rawValue:)) }
                    return drafters.count == names.count ? Set(drafters) : nil
                }
            },
            isSerial: try fields.value("isSerial", "true or false") { $0.bool } ?? false,
            draftsAhead: try fields.value("draftsAhead", "true or false") { $0.bool } ?? false,
            memory: try fields.required("memory", "what was known of scores") { SearchMemory($0) })
    }
}

extension SamplingParameters {
    private static var numbers: [(name: String, value: KeyPath<SamplingParameters, Double>)] {
        [
            ("temperature", \.temperature), ("topP", \.topP), ("minP", \.minP),
            ("repetitionPenalty", \.repetitionPenalty),
            ("presencePenalty", \.presencePenalty), ("frequencyPenalty", \.frequencyPenalty),
        ]
    }

    fileprivate var json: JSONValue {
        var object = JSONObject()
        for (name, value) in Self.numbers { object.set(name, .number(self[keyPath: value])) }
        object.set("topK", .integer(topK))
        // A seed beyond 63 bits has no exact form among the numbers that all readers of JSON know.
        object.set("seed", .string(String(seed)))
        return .object(object)
    }

    fileprivate init(_ file: JSONFields<SavedSearchError>) throws(SavedSearchError) {
        let fields = try file.object("sampling", allowed: Self.numbers.map(\.name) + ["topK", "seed"])
        let read = { (name: String) throws(SavedSearchError) in
            try fields.required(name, "a number") { $0.double }
        }
        let (topK, seed) = (
            try fields.integer("topK", fallback: 0),
            try fields.required("seed", "a whole number as a text") { $0.string.flatMap { UInt64($0) } }
        )
        let numbers = (
            try read("temperature"), try read("topP"), try read("minP"), try read("repetitionPenalty"),
            try read("presencePenalty"), try read("frequencyPenalty")
        )
        do {
            try self.init(
                temperature: numbers.0, topK: topK, topP: numbers.1, minP: numbers.2, repetitionPenalty: numbers.3,
                presencePenalty: numbers.4, frequencyPenalty: numbers.5, seed: seed)
        } catch {
            throw .invalidMember("options.sampling", found: "\(error)", expected: "parameters within their ranges")
        }
    }
}

extension SearchParameters {
    private static var counts: [(name: String, value: WritableKeyPath<SearchParameters, Int>)] {
        [
            ("width", \.width), ("beams", \.beams), ("depth", \.depth), ("iterations", \.iterations),
            ("thoughtTokens", \.thoughtTokens),
        ]
    }
    private static var limits: [(name: String, value: WritableKeyPath<SearchParameters, Int?>)] {
        [
            ("draftsPerPath", \.draftsPerPath), ("tokenBudget", \.tokenBudget), ("thoughtBudget", \.thoughtBudget),
        ]
    }
    private static var shares: [(name: String, value: WritableKeyPath<SearchParameters, Double>)] {
        [
            ("theta", \.theta), ("thresholdLevel", \.thresholdLevel), ("epsilon", \.epsilon),
            ("auditRate", \.auditRate),
        ]
    }
    private static var floats: [(name: String, value: WritableKeyPath<SearchParameters, Float>)] {
        [
            ("margin", \.margin), ("plausibility", \.plausibility),
        ]
    }

    fileprivate var json: JSONValue {
        var object = JSONObject()
        for (name, value) in Self.counts { object.set(name, .integer(self[keyPath: value])) }
        for (name, value) in Self.limits { if let limit = self[keyPath: value] { object.set(name, .integer(limit)) } }
        for (name, value) in Self.shares { object.set(name, .number(self[keyPath: value])) }
        for (name, value) in Self.floats { object.set(name, .number(Double(self[keyPath: value]))) }
        object.set("aggregation", .string(aggregation.rawValue))
        object.set("thresholdRule", .string(thresholdRule.rawValue))
        object.set("draftsFirstLevel", .bool(draftsFirstLevel))
        if let timeBudget { object.set("timeBudget", .number(timeBudget / .seconds(1))) }
        return .object(object)
    }

    fileprivate init(_ file: JSONFields<SavedSearchError>) throws(SavedSearchError) {
        let names =
            Self.counts.map(\.name) + Self.limits.map(\.name) + Self.shares.map(\.name) + Self.floats.map(\.name)
        let fields = try file.object(
            "parameters", allowed: names + ["aggregation", "thresholdRule", "draftsFirstLevel", "timeBudget"])
        self.init()
        for (name, value) in Self.counts {
            self[keyPath: value] = try fields.integer(name, fallback: self[keyPath: value])
        }
        for (name, value) in Self.limits { self[keyPath: value] = try fields.optionalInteger(name) }
        for (name, value) in Self.shares {
            self[keyPath: value] = try fields.number(name, in: 0...1, fallback: self[keyPath: value])
        }
        for (name, value) in Self.floats {
            self[keyPath: value] = Float(try fields.number(name, in: 0...1, fallback: Double(self[keyPath: value])))
        }
        aggregation = try fields.choice("aggregation", fallback: aggregation)
        thresholdRule = try fields.choice("thresholdRule", fallback: thresholdRule)
        draftsFirstLevel = try fields.value("draftsFirstLevel", "true or false") { $0.bool } ?? false
        timeBudget = try fields.value("timeBudget", "seconds") { value in
            value.double.flatMap { $0 > 0 && $0 < 1e9 ? .seconds($0) : nil }
        }
        do { try check() } catch {
            throw .invalidMember("options.parameters", found: "\(error)", expected: "parameters within their ranges")
        }
    }
}
