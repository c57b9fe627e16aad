import CacheTree
import Compute
import Decoding
import Transformer

/// How fast branches write with proposals, beside how fast they write without.
struct SpeculationSpeed {
    let branches: Int
    /// Tokens of all branches per second, without and with proposals: medians.
    let plain: Double
    let speculative: Double
    /// The median of what proposals made of the speed in each pair of runs.
    let ratio: Double
    /// What the last run with proposals took.
    let counters: DecodingCounters
}

/// Times generations with and without proposals in turns, each from a prompt that the target has read and the draft has not.
///
/// Proposals are accepted at a given rate whatever the models say, since random weights never agree; all passes run.
struct SpeculationBenchmark {
    let scheduler: Scheduler
    /// Tokens that both models have.
    let vocabularySize: Int
    /// The share of proposals that is accepted, 0 to 1.
    let acceptance: Double
    /// How many tokens are proposed per pass; nil for as many as pay.
    let draftLength: Int?

    /// The speeds for a number of branches that share a prompt of `context` tokens, but for one more of its own, and
    /// write `tokens` each.
    func speed(branches: Int, context: Int, tokens: Int, repetitions: Int) async throws -> SpeculationSpeed {
        var (plain, speculative): ([Double], [Double]) = ([], [])
        var counters = DecodingCounters()
        for repetition in 0..<repetitions {
            let prompt = (0..<context).map { Int32(($0 * 31 + 17 + repetition) % vocabularySize) }
            // Whoever comes second finds caches as the first left them, so they take turns.
            for speculates in repetition % 2 == 0 ? [false, true] : [true, false] {
                let run = try await run(prompt, branches: branches, tokens: tokens, speculates: speculates)
                if speculates { counters = run.counters }
                let speed = Double(branches * tokens) / run.seconds
                if speculates { speculative.append(speed) } else { plain.append(speed) }
            }
        }
        return SpeculationSpeed(
            branches: branches, plain: median(plain), speculative: median(speculative),
            ratio: median(zip(speculative, plain).map { $0 / $1 }), counters: counters)
    }

    private func run(
        _ prompt: [Int32], branches: Int, tokens: Int, speculates: Bool
    ) async throws -> (seconds: Double, counters: DecodingCounters) {
        // Branches that say the same would be computed as one.
        var starts: [NodeID] = []
        for slot in 0..<branches { starts.append(try await scheduler.open(prompt + [Int32(slot % vocabularySize)])) }
        let read = try await scheduler.generate(
            starts.map {
                GenerationRequest(start: $0, sampling: .greedy, stop: StopRule(endTokens: [], maxTokens: 1))
            })
        let requests = starts.enumerated().map { slot, start in
            var request = GenerationRequest(
                start: start, draftLength: speculates ? draftLength : 0, sampling: .greedy,
                branch: BranchKey.root.child(slot: slot, origin: .target),
                stop: StopRule(endTokens: [], maxTokens: tokens))
            request.forcedAcceptance = acceptance
            return request
        }
        let clock = ContinuousClock()
        let begin = clock.now
        let result = try await scheduler.generate(requests)
        let seconds = (clock.now - begin).seconds
        await scheduler.release(starts + (read.generated + result.generated).map(\.node))
        return (seconds, result.counters)
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
