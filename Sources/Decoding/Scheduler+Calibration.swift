internal import CacheTree
internal import Transformer

/// Finding out what passes cost.
extension Scheduler {
    /// How many tokens a branch writes in a measurement of about 5 ms: enough that beginning and ending hardly count.
    private static let (fewestTokens, mostTokens) = (2.0, 100.0)

    /// How long the models run before they are measured.
    private static let warmUp = Duration.milliseconds(100)

    /// Finds out how long passes of the models take here, so that as many tokens are proposed as pay. Nobody else should
    /// be generating.
    ///
    /// - Parameter cache: where that is remembered; what it does not have is measured, which takes two tenths of a second, or
    ///   about as long as 40 tokens of each model if that is longer, and put there. So is what a few passes show to be
    ///   wrong, because the machine had other things to do when it was measured.
    public func calibrate(_ cache: PassCostCache? = nil) async {
        guard let costs = await costs(of: .target, cache) else { return }
        budget = RowBudget(target: costs, draft: draft == nil ? nil : await self.costs(of: .draft, cache))
    }

    /// Proposes what pays by costs that are known.
    func calibrate(_ budget: RowBudget) { self.budget = budget }

    private func costs(of writer: Writer, _ cache: PassCostCache?) async -> PassCosts? {
        let model = writer == .draft ? draft?.model : target.model
        guard let model else { return nil }
        let name = PassCosts.name(of: model, thread.arithmetic)
        if let known = cache?.costs(name) {
            let overhead = try? await overhead(of: writer, pass: known.passes[0])
            if let overhead, !known.areBeaten(by: trial(model, PassCosts.checkedRows, .zero), overhead: overhead) {
                return known
            }
        }
        let costs = try? await PassCosts(trial(model, PassCosts.measuredRows, Scheduler.warmUp)) { pass in
            try await overhead(of: writer, pass: pass)
        }
        if let costs { cache?.remember(costs, name) }
        return costs
    }

    private func trial(_ model: LanguageModel, _ rows: [Int], _ warmUp: Duration) -> PassTrial {
        PassTrial(model, thread.arithmetic, sampler, rows: rows[rows.count - 1], warmUp: warmUp)
    }

    /// The seconds of a step of one branch in which it neither waits for its pass nor chooses.
    ///
    /// They are what is left when both are taken from a run's time, so that a pass which a neighbour slowed down does not
    /// count as theirs.
    private func overhead(of writer: Writer, pass: Double) async throws -> Double {
        let tokens = Int(min(Scheduler.mostTokens, max(Scheduler.fewestTokens, 0.005 / pass)))
        let start = try open([0])
        defer { release([start]) }
        let request = GenerationRequest(
            start: start, writer: writer, sampling: .greedy,
            stop: StopRule(endTokens: [], maxTokens: tokens))
        let (clock, times) = (ContinuousClock(), thread.times)
        let begin = clock.now
        let result = try await generate([request])
        let (duration, busy) = (clock.now - begin, thread.times - times)
        release(result.generated.map(\.node))
        return max(0, (duration - busy[.target] - busy[.draft] - busy[.choosing]) / .seconds(1)) / Double(tokens)
    }
}
