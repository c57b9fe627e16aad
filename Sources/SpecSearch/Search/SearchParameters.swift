/// The size of a search, in the paper's terms (SpecSearch, ICML 2025, sections 3 and 5), and its limits.
///
/// Not every strategy and policy has every parameter; those that it has not, it does not look at.
public struct SearchParameters: Sendable, Hashable {
    /// The largest K.
    static let mostDepth = 4096

    /// N, the tree width: how many thoughts continue each path, 6 in the paper; or how many solutions are written.
    public var width = 6
    /// b, the beam size: how many paths live at a time, or how many diverse trees grow. 2 in the paper.
    public var beams = 2
    /// K, how many thoughts a path has at most. 50 in the paper; 16 unless told otherwise.
    public var depth = 16
    /// How often Monte Carlo tree search descends to the end of a path. 4 in the paper.
    public var iterations = 4
    /// How many tokens a thought has at most.
    public var thoughtTokens = 64
    /// How scores of thoughts become values of paths.
    public var aggregation = Aggregation.last
    /// How the threshold follows from scores, for policies that draft thoughts.
    public var thresholdRule = ThresholdRule.maximum
    /// θ, the weight of the threshold's past in its moving average, from 0 to 1. 0.9 in the paper.
    public var theta = 0.9
    /// What the rules `fixed`, `random` and `share` are set to, from 0 to 1.
    public var thresholdLevel = 0.5
    /// Whether a memory that knows a threshold for the first level lets drafts compete there. In the paper the first level is the
    /// target's; where first steps decide, drafting them costs right answers.
    public var draftsFirstLevel = false
    /// How many thoughts the draft model writes for each path; nil for 2N, as in the paper.
    public var draftsPerPath: Int?
    /// ε of the policy `selective`: how probable it may be that a correction would have been among the best, 0 to 1.
    public var epsilon = 0.1
    /// By how much a correction has to be better than a draft to count as better, for the policy `selective`, 0 to 1.
    public var margin: Float = 0.02
    /// How well the target must have been able to write a draft for it to be among the best, for the policy `selective`: the
    /// least share that each of its tokens may have of the most probable one's probability, 0 to 1. With 0 nobody asks.
    public var plausibility: Float = 0.05
    /// The share of levels at which corrections that may be skipped are written all the same, more than 0 and at most 1.
    public var auditRate = 0.03
    /// How many tokens both models may write together; the search then ends with the best path so far. Nil for no limit.
    public var tokenBudget: Int?
    /// How many thoughts they may write together, those included that say what another says; nil for no limit.
    public var thoughtBudget: Int?
    /// How long the search may take; it then ends with the best path so far. The only parameter that makes an answer depend
    /// on the machine. Nil for no limit.
    public var timeBudget: Duration?

    /// The paper's sizes, with a depth that fits short problems.
    public init() {}

    /// How many drafts a path gets.
    var drafts: Int { draftsPerPath ?? 2 * width }
    /// How many texts one model writes under one path at most.
    var mostSlots: Int { max(width, drafts) }
    /// How many tokens a solution has at most.
    var solutionTokens: Int { depth * thoughtTokens }

    /// - Throws: `SearchError.invalidParameter` for the first parameter outside its range. Searches check theirs.
    public func check() throws(SearchError) {
        try check("width", width, 1...1024)
        try check("beams", beams, 1...1024)
        try check("depth", depth, 1...Self.mostDepth)
        try check("iterations", iterations, 1...1_000_000)
        try check("thoughtTokens", thoughtTokens, 1...65_536)
        try check("draftsPerPath", draftsPerPath ?? 1, 1...2048)
        try check("tokenBudget", tokenBudget ?? 1, 1...Int.max)
        try check("thoughtBudget", thoughtBudget ?? 1, 1...Int.max)
        try check("theta", theta, 0)
        try check("thresholdLevel", thresholdLevel, 0)
        try check("epsilon", epsilon, 0)
        try check("margin", Double(margin), 0)
        try check("plausibility", Double(plausibility), 0)
        try check("auditRate", auditRate, .leastNormalMagnitude)
        guard timeBudget.map({ $0 > .zero }) ?? true else {
            throw .invalidParameter(name: "timeBudget", found: "\(timeBudget ?? .zero)", expected: "more than nothing")
        }
    }

    private func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(SearchError) {
        guard range.contains(value) else {
            throw .invalidParameter(
                name: name, found: "\(value)",
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    private func check(_ name: String, _ value: Double, _ least: Double) throws(SearchError) {
        guard value >= least, value <= 1 else {
            throw .invalidParameter(
                name: name, found: "\(value)", expected: least == 0 ? "a number from 0 to 1" : "more than 0, at most 1")
        }
    }
}
