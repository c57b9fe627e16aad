internal import Transformer

/// Finding out what passes cost.
extension Scheduler {
    /// How long the models run before they are measured.
    private static let warmUp = Duration.milliseconds(100)

    /// Finds out how long passes of the models take here, so that as many tokens are proposed as pay. Nobody else should
    /// be generating.
    ///
    /// - Parameter cache: where that is remembered; what it does not have is measured, which takes two tenths of a second, or
    ///   about as long as 40 tokens of each model if that is longer, and put there. So is what a few passes show to be
    ///   wrong, because the machine had other things to do when it was measured.
    public func calibrate(_ cache: PassCostCache? = nil) {
        calibrate(RowBudget(target: costs(of: target.model, cache), draft: draft.map { costs(of: $0.model, cache) }))
    }

    /// Proposes what pays by costs that are known.
    func calibrate(_ budget: RowBudget) { self.budget = budget }

    private func costs(of model: LanguageModel, _ cache: PassCostCache?) -> PassCosts {
        let name = PassCosts.name(of: model, thread.arithmetic)
        if let known = cache?.costs(name), !known.areBeaten(by: trial(model, PassCosts.checkedRows, .zero)) {
            return known
        }
        let costs = PassCosts(trial(model, PassCosts.measuredRows, Scheduler.warmUp))
        cache?.remember(costs, name)
        return costs
    }

    private func trial(_ model: LanguageModel, _ rows: [Int], _ warmUp: Duration) -> PassTrial {
        PassTrial(model, thread.arithmetic, samplers, rows: rows[rows.count - 1], warmUp: warmUp)
    }
}
