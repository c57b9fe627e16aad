import Decoding
import SpecSearch

/// Shows a search as it grows: a line for each thought when it is judged, indented by depth, and a line for what became
/// of those that were decided together.
struct TreeView {
    private var thoughts: [Thought.ID: Thought] = [:]
    private var decision = ""
    private var decided: [Thought.ID] = []
    private let output: Terminal

    init(_ output: Terminal) { self.output = output }

    /// Writes what there is to say about an event.
    mutating func show(_ event: SearchEvent) {
        switch event {
        case .proposed(let thought), .corrected(let thought): thoughts[thought.id] = thought
        case .scored(let id, let score): line(id, score)
        case .accepted(let id): note(id, "accepted")
        case .rejected(let id): note(id, "rejected")
        case .kept(let id): note(id, "kept")
        case .pruned(let id): note(id, "pruned")
        case .levelFinished(let depth, let threshold):
            flush()
            let beta = threshold.map { ", next threshold β = \(Self.rounded($0, places: 3))" } ?? ""
            output.write(output.dimmed("level \(depth) is done\(beta)") + "\n")
        case .merged: break
        case .finished: flush()
        }
    }

    private mutating func line(_ id: Thought.ID, _ score: Float) {
        flush()
        guard let thought = thoughts[id] else { return }
        let who = thought.origin == .draft ? "draft " : "target"
        output.write(
            "\(indent(thought))· #\(id) \(output.dimmed(who)) \(Self.rounded(Double(score), places: 3))  "
                + "\(TerminalText.oneLine(thought.text))\n")
    }

    private mutating func note(_ id: Thought.ID, _ decision: String) {
        if decision != self.decision { flush() }
        self.decision = decision
        decided.append(id)
    }

    /// Writes what was decided about the last thoughts, in one line.
    private mutating func flush() {
        guard let first = decided.first, let thought = thoughts[first] else { return }
        let names = decided.map { "#\($0)" }.joined(separator: " ")
        output.write(output.dimmed("\(indent(thought))  \(decision) \(names)") + "\n")
        decided.removeAll()
    }

    private func indent(_ thought: Thought) -> String { String(repeating: "  ", count: thought.depth - 1) }

    /// A number with so many decimal places.
    static func rounded(_ value: Double, places: Int) -> String {
        guard value.isFinite else { return "\(value)" }
        let factor = (0..<places).reduce(1.0) { product, _ in product * 10 }
        let digits = String(Int((abs(value) * factor).rounded()))
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let sign = value < 0 ? "-" : ""
        return places == 0 ? sign + padded : sign + padded.dropLast(places) + "." + padded.suffix(places)
    }
}
