/// How the score β that drafts must reach follows from the scores of the levels before.
public enum ThresholdRule: String, Sendable, Hashable, CaseIterable {
    /// SpecSearch (ICML 2025), equation 50, a moving average of the best scores:
    ///
    ///     β_1 = θ · max(V_0)        β_{k+1} = θ · β_k + (1 − θ) · max(V_p ∪ V_accepted)
    ///
    /// V_0 are the scores of the first level, which is all the target's; V_p and V_accepted those of level k's corrections and
    /// accepted drafts. Best scores tend to fall with depth, so that their past bounds the target's mean from above.
    case maximum
    /// The lowest β for which the mean of the accepted scores is at least μ, a moving average of the means of what the target
    /// wrote:
    ///
    ///     μ_1 = mean(V_0)           μ_{k+1} = θ · μ_k + (1 − θ) · mean(V_p)
    ///
    /// Theorem 4.3 asks for more than it needs: if the mean of a level is to be the target's, it need not be reached by every
    /// draft. It keeps the mean, not the best.
    ///
    /// β is computed from the drafts of all paths together, before each path is limited to its best N, and all drafts
    /// that score just β are accepted: up to these two effects the mean is kept.
    case mean
    /// β = `SearchParameters.thresholdLevel` at every depth: the ablation "fixed threshold" of the paper's Table 3.
    case fixed
    /// No threshold: each draft is accepted with the probability `thresholdLevel`: "random rejection".
    case random
    /// No threshold: the best drafts of each path fill the share `thresholdLevel` of its slots, the target always writes the
    /// others: "fixed large-model share".
    case share
}

/// β by depth.
///
/// Levels are judged one after the other, each once: the paper's β_k is that of depth k + 1. A strategy that comes back to a
/// depth, and a memory that is carried to the next question, go on averaging at the depth where they are.
public struct ThresholdTable: Sendable, Hashable {
    /// How β follows from scores.
    public let rule: ThresholdRule
    /// θ, the weight of the past, from 0 to 1.
    public let theta: Double
    /// β where it is fixed.
    private let level: Double
    /// β, or μ, from depth 1 on; nil where nothing is known. In double precision, so that only scores decide comparisons.
    private(set) var values: [Double?]
    /// What depth 1 says of itself, for the next question.
    private(set) var first: Double?

    init(
        rule: ThresholdRule = .maximum, theta: Double = 0.9, level: Double = 0.5, values: [Double?] = [],
        first: Double? = nil
    ) {
        self.rule = rule
        self.theta = theta
        self.level = level
        self.values = values
        self.first = first
    }

    /// The same for the next question; empty if it averages something else.
    func forNextQuestion(_ rule: ThresholdRule, theta: Double, level: Double) -> ThresholdTable {
        guard rule == self.rule else { return ThresholdTable(rule: rule, theta: theta, level: level) }
        var table = ThresholdTable(rule: rule, theta: theta, level: level, values: values, first: first)
        if let first { table[1] = first }
        return table
    }

    /// β for a depth, from 1 on; under `mean` the lowest value that it can have; nil if nothing is known.
    public internal(set) subscript(depth: Int) -> Double? {
        get { values.indices.contains(depth - 1) ? values[depth - 1] : nil }
        set {
            while values.count < depth { values.append(nil) }
            values[depth - 1] = newValue
        }
    }

    /// The score that these drafts of a depth must reach.
    func threshold(for drafts: [Thought], depth: Int) -> Double {
        let value = self[depth] ?? 0
        guard rule == .mean else { return value }
        var (sum, lowest) = (0.0, value)
        for (index, score) in drafts.compactMap(\.value).sorted(by: >).enumerated() {
            sum += Double(score)
            guard sum >= value * Double(index + 1) else { break }
            lowest = Double(score)
        }
        return lowest
    }

    /// Learns from a level what the next one must reach.
    ///
    /// - Parameters:
    ///   - targets: the scores of what the target wrote, as often as it did.
    ///   - candidates: those of all distinct thoughts that compete.
    mutating func update(depth: Int, targets: [Float], candidates: [Float]) {
        let before = self[depth]
        let news: Double?
        switch rule {
        case .maximum: news = candidates.max().map { Double($0) }
        case .mean:
            news = targets.isEmpty ? nil : targets.reduce(0) { $0 + Double($1) } / Double(targets.count)
        case .fixed: return self[depth + 1] = level
        case .random, .share: return self[depth + 1] = 0
        }
        guard let news else { return self[depth + 1] = self[depth + 1] ?? before }
        self[depth + 1] = average(self[depth + 1] ?? before, news)
        if depth == 1 { first = average(before, news) }
    }

    private func average(_ past: Double?, _ news: Double) -> Double {
        if let past { return theta * past + (1 - theta) * news }
        return rule == .maximum ? theta * news : news
    }
}
