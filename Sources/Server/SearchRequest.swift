import Decoding
import JSON
import SpecSearch

/// What a client asks of `/search`: a question, and the options of a search under the names of `SearchOptions`.
struct SearchRequest: Sendable {
    private static let names = [
        "question", "stream", "strategy", "policy", "scoring", "aggregation", "seed", "temperature", "topK", "topP",
        "minP",
        "width", "beams", "depth", "iterations", "thoughtTokens", "drafts", "theta", "epsilon", "margin",
        "plausibility", "tokenBudget", "thoughtBudget", "timeBudget",
    ]
    /// The longest question in bytes.
    private static let questionBytes = 65_536

    let question: String
    let options: SearchOptions
    let isStreamed: Bool

    init(_ json: JSONValue, _ reasoner: Reasoner, _ limits: ServerLimits) throws(ServerError) {
        let fields = try RequestFields(json, allowed: Self.names)
        guard let question = try fields.text("question"), question.utf8.count <= Self.questionBytes else {
            throw .invalid("question is missing or longer than \(Self.questionBytes) bytes.", parameter: "question")
        }
        self.question = question
        isStreamed = try fields.flag("stream")
        var options = reasoner.defaults
        options.strategy = try fields.choice("strategy") ?? options.strategy
        options.policy = try fields.choice("policy") ?? options.policy
        options.scoring = try fields.choice("scoring") ?? options.scoring
        options.parameters = try Self.parameters(fields, options.parameters, limits)
        options.sampling = try Self.sampling(fields, options.sampling)
        self.options = options
    }

    private static func parameters(
        _ fields: RequestFields, _ usual: SearchParameters, _ limits: ServerLimits
    ) throws(ServerError) -> SearchParameters {
        var parameters = usual
        parameters.width = try fields.integer("width", in: 1...limits.choices) ?? usual.width
        parameters.beams = try fields.integer("beams", in: 1...limits.choices) ?? usual.beams
        parameters.depth = try fields.integer("depth", in: 1...1024) ?? usual.depth
        parameters.iterations = try fields.integer("iterations", in: 1...1024) ?? usual.iterations
        parameters.thoughtTokens = try fields.integer("thoughtTokens", in: 1...limits.tokens) ?? usual.thoughtTokens
        parameters.draftsPerPath = try fields.integer("drafts", in: 1...2 * limits.choices) ?? usual.draftsPerPath
        parameters.aggregation = try fields.choice("aggregation") ?? usual.aggregation
        parameters.theta = try fields.number("theta", in: 0...1) ?? usual.theta
        parameters.epsilon = try fields.number("epsilon", in: 0...1) ?? usual.epsilon
        parameters.margin = try fields.number("margin", in: 0...1).map { Float($0) } ?? usual.margin
        parameters.plausibility = try fields.number("plausibility", in: 0...1).map { Float($0) } ?? usual.plausibility
        parameters.tokenBudget = try fields.integer("tokenBudget", in: 1...limits.searchTokens) ?? limits.searchTokens
        parameters.thoughtBudget = try fields.integer("thoughtBudget", in: 1...1_000_000) ?? usual.thoughtBudget
        parameters.timeBudget =
            try fields.number("timeBudget", in: 0.001...86_400).map { .seconds($0) } ?? usual.timeBudget
        guard parameters.width * parameters.beams <= 4 * limits.choices else {
            throw .invalid(
                "width × beams is \(parameters.width * parameters.beams), expected at most \(4 * limits.choices).",
                parameter: "width")
        }
        return parameters
    }

    private static func sampling(
        _ fields: RequestFields, _ usual: SamplingParameters
    ) throws(ServerError) -> SamplingParameters {
        let temperature = try fields.number("temperature", in: 0...1000) ?? usual.temperature
        let topK = try fields.integer("topK", in: 0...Int.max) ?? usual.topK
        let topP = try fields.number("topP", in: 0...1) ?? usual.topP
        let minP = try fields.number("minP", in: 0...1) ?? usual.minP
        let seed = try fields.seed() ?? usual.seed
        do {
            return try SamplingParameters(temperature: temperature, topK: topK, topP: topP, minP: minP, seed: seed)
        } catch { throw .invalid("\(error)") }
    }
}
