/// The size of a search, in the paper's terms (SpecSearch, ICML 2025, sections 3 and 5).
public struct SearchParameters: Sendable, Hashable {
    /// The paper's sizes, with a depth that fits short problems.
    public static let standard = SearchParameters()

    /// N, the tree width: how many thoughts continue each beam. 6 in the paper.
    public let width: Int
    /// b, the beam size: how many paths live at a time. 2 in the paper.
    public let beams: Int
    /// K, how many thoughts a path has at most. 50 in the paper; 16 unless told otherwise.
    public let depth: Int
    /// θ, the weight of the threshold's past in its moving average, from 0 to 1. 0.9 in the paper.
    public let theta: Double
    /// How many tokens a thought has at most.
    public let thoughtTokens: Int
    /// How many tokens both models may write together before the search ends with the best path so far; nil for no
    /// limit. It is looked at before each batch of thoughts, so that one batch may go beyond it.
    public let tokenBudget: Int?

    /// - Throws: `SearchError.invalidParameter` for the first parameter outside its range.
    public init(
        width: Int = 6, beams: Int = 2, depth: Int = 16, theta: Double = 0.9, thoughtTokens: Int = 64,
        tokenBudget: Int? = nil
    ) throws(SearchError) {
        try Self.check("width", width, 1...1024)
        try Self.check("beams", beams, 1...1024)
        try Self.check("depth", depth, 1...4096)
        try Self.check("thoughtTokens", thoughtTokens, 1...65_536)
        if let tokenBudget { try Self.check("tokenBudget", tokenBudget, 1...Int.max) }
        guard (0...1).contains(theta) else {
            throw .invalidParameter(name: "theta", found: "\(theta)", expected: "a number from 0 to 1")
        }
        self.width = width
        self.beams = beams
        self.depth = depth
        self.theta = theta
        self.thoughtTokens = thoughtTokens
        self.tokenBudget = tokenBudget
    }

    private init() {
        width = 6
        beams = 2
        depth = 16
        theta = 0.9
        thoughtTokens = 64
        tokenBudget = nil
    }

    private static func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(SearchError) {
        guard range.contains(value) else {
            throw .invalidParameter(
                name: name, found: "\(value)",
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
