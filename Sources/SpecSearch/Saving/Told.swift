internal import Decoding
internal import JSON

/// What a search was told for one `Ask`.
enum Told: Sendable, Hashable {
    case written([[WrittenThought]])
    case scores([Float])
    case checks([DraftCheck])

    /// `{"written": [[{…}, …], …]}`, `{"scores": […]}` or `{"checks": [[plausibility, probability], …]}`.
    var json: JSONValue {
        switch self {
        case .written(let texts): ["written": .array(texts.map { .array($0.map(\.json)) })]
        case .scores(let scores): ["scores": .array(scores.map { .number(Double($0)) })]
        case .checks(let checks):
            [
                "checks": .array(
                    checks.map { .array([.number(Double($0.plausibility)), .number($0.probability)]) })
            ]
        }
    }

    /// Nil if the value has not this form.
    init?(_ json: JSONValue) {
        if let texts = json["written"]?.array {
            let written = texts.compactMap { text in text.array?.compactMap(WrittenThought.init) }
            guard written.count == texts.count, zip(written, texts).allSatisfy({ $0.count == $1.array?.count }) else {
                return nil
            }
            self = .written(written)
        } else if let values = json["scores"]?.array {
            let scores = values.compactMap(\.double).map { Float($0) }
            guard scores.count == values.count else { return nil }
            self = .scores(scores)
        } else if let pairs = json["checks"]?.array {
            let checks = pairs.compactMap(DraftCheck.init)
            guard checks.count == pairs.count else { return nil }
            self = .checks(checks)
        } else {
            return nil
        }
    }
}

extension DraftCheck {
    fileprivate init?(_ json: JSONValue) {
        guard let numbers = json.array?.compactMap(\.double), numbers.count == 2, json.array?.count == 2 else {
            return nil
        }
        self.init(plausibility: Float(numbers[0]), probability: numbers[1])
    }
}

extension WrittenThought {
    fileprivate var json: JSONValue {
        [
            "text": .string(text), "tokens": .array(tokens.map { .integer(Int($0)) }), "end": .string(end.rawValue),
            "logProbability": .number(Double(meanLogProbability)),
            "selfCertainty": selfCertainty.map { .number(Double($0)) } ?? .null,
        ]
    }

    fileprivate init?(_ json: JSONValue) {
        guard let text = json["text"]?.string, let values = json["tokens"]?.array,
            let end = json["end"]?.string.flatMap(GenerationEnd.init(rawValue:)),
            let logProbability = json["logProbability"]?.double
        else { return nil }
        let tokens = values.compactMap { $0.int.flatMap { Int32(exactly: $0) } }
        // Every model writes at least one token.
        guard tokens.count == values.count, !tokens.isEmpty else { return nil }
        self.init(
            text: text, tokens: tokens, end: end, meanLogProbability: Float(logProbability),
            selfCertainty: json["selfCertainty"]?.double.map { Float($0) })
    }
}
