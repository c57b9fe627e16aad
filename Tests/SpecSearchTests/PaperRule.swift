import SpecSearch

/// What SpecSearch (ICML 2025) promises of the levels of a search, checked on what they turned out to be.
enum PaperRule {
    enum Violation {
        /// A draft competes whose score is below β.
        case acceptedBelow
        /// β does not follow equation 50.
        case threshold
        /// A beam has not N children.
        case count
        /// The mean score of children, where β is not below the target's mean, is below that mean (Theorem 4.3).
        case degraded
    }

    /// The rules that many searches break; of thoughts that are all different.
    ///
    /// - Parameter targetMean: μ_p at every depth.
    static func violations(
        _ searches: [[ReferenceSearch.Level]], _ parameters: SearchParameters, targetMean: Float
    ) -> Set<Violation> {
        var violations: Set<Violation> = []
        for levels in searches {
            for (level, next) in zip(levels, levels.dropFirst()) where !follows(next, level, parameters.theta) {
                violations.insert(.threshold)
            }
            for level in levels {
                if level.beams.contains(where: { $0.count != parameters.width }) { violations.insert(.count) }
                let drafts = level.children.filter { $0.origin == .draft }
                if drafts.contains(where: { Double($0.score) < level.threshold ?? 0 }) {
                    violations.insert(.acceptedBelow)
                }
            }
        }
        if let mean = mean(searches, above: targetMean), mean.value < Double(targetMean) - 4 * mean.error {
            violations.insert(.degraded)
        }
        return violations
    }

    /// The mean of the means of all levels after the first with β ≥ μ_p, and its standard error.
    static func mean(
        _ searches: [[ReferenceSearch.Level]], above targetMean: Float
    ) -> (value: Double, error: Double)? {
        let means = searches.flatMap { $0.dropFirst() }
            .filter { !$0.children.isEmpty && $0.threshold.map { $0 >= Double(targetMean) } ?? true }
            .map { level in level.children.map { Double($0.score) }.reduce(0, +) / Double(level.children.count) }
        guard means.count > 1 else { return nil }
        let count = Double(means.count)
        let value = means.reduce(0, +) / count
        let variance = means.map { ($0 - value) * ($0 - value) }.reduce(0, +) / (count - 1)
        return (value, (variance / count).squareRoot())
    }

    private static func follows(
        _ next: ReferenceSearch.Level, _ level: ReferenceSearch.Level, _ theta: Double
    ) -> Bool {
        guard let threshold = next.threshold, let best = level.children.map(\.score).max() else {
            return next.threshold == nil
        }
        let expected = level.threshold.map { theta * $0 + (1 - theta) * Double(best) } ?? theta * Double(best)
        return abs(threshold - expected) < 1e-12
    }
}
