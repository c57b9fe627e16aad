import Compute
import Decoding
import JSON
import SpecSearch

/// An answer and what it cost, for people and for machines.
struct AnswerReport {
    private let answer: Answer
    private let mode: NumericMode

    init(_ answer: Answer, mode: NumericMode) {
        self.answer = answer
        self.mode = mode
    }

    /// The form of `solve --json`.
    var json: JSONValue {
        let form = answer.outcome.json(
            question: answer.question, seed: answer.options.sampling.seed, seconds: answer.duration.seconds)
        var object = form.object ?? JSONObject()
        object.set("phases", answer.times.json)
        object.set("kernels", .string(InstructionSet.current.rawValue))
        object.set("prefill", .string(mode.prefill.rawValue))
        object.set("activations", .string(mode.activations.rawValue))
        object.set("cachePrecision", .string(mode.cache.rawValue))
        return .object(object)
    }

    /// The phases that took any time.
    private var timeByPhase: String {
        let parts = Trace.Phase.allCases.map { ($0, TreeView.rounded(answer.times[$0].seconds, places: 3)) }
        return parts.filter { $0.1 != "0.000" }.map { "\($0.0.rawValue) \($0.1)" }.joined(separator: ", ")
    }

    var text: String {
        let counters = answer.outcome.counters
        let shared =
            counters.kvBytesUnshared > 0
            ? 1 - Double(counters.kvBytesPeak) / Double(counters.kvBytesUnshared) : 0
        let terminal = Terminal.standardOutput
        let rows = [
            ("answer", terminal.bold(TerminalText.oneLine(answer.answer ?? "none"))),
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
                    + (counters.rowsRecomputed > 0 ? ", \(counters.rowsRecomputed) tokens computed again" : "")
            ),
            (
                "computing",
                "\(InstructionSet.current.rawValue) kernels, \(mode.prefill.rawValue) prompts, "
                    + "\(mode.activations.rawValue) activations, \(mode.cache.rawValue) cache"
            ),
            ("time", "\(TreeView.rounded(answer.duration.seconds, places: 3)) s: \(timeByPhase)"),
        ]
        let lines = answer.text.split(separator: "\n").map { TerminalText.oneLine(String($0)) + "\n" }
        return lines.joined()
            + rows.map { name, value in
                name + String(repeating: " ", count: 10 - name.count) + value + "\n"
            }.joined()
    }
}
