import Decoding
import JSON
import SpecSearch

/// An answer and what it cost, for people.
struct AnswerReport {
    private let answer: Answer

    init(_ answer: Answer) { self.answer = answer }

    var text: String {
        let counters = answer.outcome.counters
        let shared =
            counters.kvBytesUnshared > 0
            ? 1 - Double(counters.kvBytesPeak) / Double(counters.kvBytesUnshared) : 0
        let terminal = Terminal.standardOutput
        let rows = [
            ("answer", terminal.bold(answer.answer ?? "none")),
            ("policy", answer.options.policy.rawValue),
            ("target", "\(counters.targetRows) tokens in \(counters.targetPasses) passes"),
            ("draft", "\(counters.draftRows) tokens in \(counters.draftPasses) passes"),
            ("reward", "\(counters.rewardRows) tokens"),
            ("proposals", "\(counters.tokensDrafted) tokens drafted, \(counters.tokensAccepted) accepted"),
            (
                "thoughts",
                "\(counters.thoughtsDrafted) drafted, \(counters.thoughtsAccepted) accepted, "
                    + "\(counters.thoughtsCorrected) corrected"
            ),
            (
                "levels",
                "\(counters.levels), \(counters.levelsWithoutCorrection) of them without a correction"
            ),
            (
                "KV memory",
                "\(counters.kvBytesPeak) bytes at the peak, \(TreeView.rounded(shared * 100, places: 1)) % saved by sharing"
            ),
            ("time", "\(TreeView.rounded(answer.duration.seconds, places: 3)) s"),
        ]
        let reasoning = answer.text.isEmpty || answer.text.hasSuffix("\n") ? answer.text : answer.text + "\n"
        return reasoning
            + rows.map { name, value in
                name + String(repeating: " ", count: 10 - name.count) + value + "\n"
            }.joined()
    }
}

extension Answer {
    /// The form of `solve --json`.
    var json: JSONValue {
        outcome.json(question: question, seed: options.sampling.seed, seconds: duration.seconds)
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
