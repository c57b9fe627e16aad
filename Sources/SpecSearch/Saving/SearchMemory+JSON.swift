public import JSON

extension SearchMemory {
    /// `{"questions": n, "rule": …, "theta": x, "thresholds": [x or null, …], "first": x or null, "scores": [[[score, weight],
    /// …], …]}`: thresholds and scores by depth.
    public var json: JSONValue {
        let numbers = { (values: [Double?]) -> JSONValue in .array(values.map { $0.map { .number($0) } ?? .null }) }
        return [
            "questions": .integer(questions), "rule": .string(thresholds.rule.rawValue),
            "theta": .number(thresholds.theta), "thresholds": numbers(thresholds.values),
            "first": thresholds.first.map { .number($0) } ?? .null,
            "scores": .array(
                scores.samples.map { level in
                    .array(level.map { .array([.number(Double($0.score)), .number($0.weight)]) })
                }),
        ]
    }

    /// Nil if the value has not the form that `json` gives.
    public init?(_ json: JSONValue) {
        self.init()
        guard let questions = json["questions"]?.int, questions >= 0,
            let rule = json["rule"]?.string.flatMap(ThresholdRule.init(rawValue:)), let theta = json["theta"]?.double,
            0...1 ~= theta, let thresholds = json["thresholds"]?.array, let scores = json["scores"]?.array,
            max(thresholds.count, scores.count) <= SearchParameters.mostDepth + 1
        else { return nil }
        let isShare = { (value: JSONValue) in value == .null || value.double.map { 0...1 ~= $0 } ?? false }
        guard thresholds.allSatisfy(isShare), isShare(json["first"] ?? .null) else { return nil }
        let samples = scores.compactMap { level in level.array?.compactMap(ScoreDistribution.Sample.init) }
        guard samples.count == scores.count, zip(samples, scores).allSatisfy({ $0.count == $1.array?.count }),
            samples.allSatisfy({ $0.count <= ScoreDistribution.mostSamples })
        else { return nil }
        self.questions = questions
        self.thresholds = ThresholdTable(
            rule: rule, theta: theta, values: thresholds.map(\.double), first: json["first"]?.double)
        self.scores = ScoreDistribution(samples: samples)
    }
}

extension ScoreDistribution.Sample {
    fileprivate init?(_ json: JSONValue) {
        guard let numbers = json.array?.compactMap(\.double), numbers.count == 2, 0...1 ~= numbers[0],
            numbers[1] >= 0, numbers[1].isFinite
        else { return nil }
        self.init(score: Float(numbers[0]), weight: numbers[1])
    }
}
