import Decoding
import SpecSearch

/// Shows a search as it grows: one line for each thing that happens, indented by depth.
struct TreeView {
    private var thoughts: [Thought.ID: Thought] = [:]
    private let output: Terminal

    init(_ output: Terminal) { self.output = output }

    /// Writes what there is to say about an event.
    mutating func show(_ event: SearchEvent) {
        switch event {
        case .proposed(let thought), .corrected(let thought): thoughts[thought.id] = thought
        case .scored(let id, let score): line(id, mark: "·", score: score)
        case .accepted(let id): note(id, "accepted")
        case .rejected(let id): note(id, "rejected")
        case .kept(let id): note(id, "kept")
        case .levelFinished(let depth, let threshold):
            let beta = threshold.map { ", next threshold β = \(Self.rounded($0, places: 3))" } ?? ""
            output.write(output.dimmed("level \(depth) is done\(beta)") + "\n")
        case .merged, .pruned, .finished: break
        }
    }

    private func line(_ id: Thought.ID, mark: String, score: Float) {
        guard let thought = thoughts[id] else { return }
        let indent = String(repeating: "  ", count: thought.depth - 1)
        let who = thought.origin == .draft ? "draft " : "target"
        output.write(
            "\(indent)\(mark) #\(id) \(output.dimmed(who)) \(Self.rounded(Double(score), places: 3))  "
                + "\(Self.oneLine(thought.text))\n")
    }

    private func note(_ id: Thought.ID, _ text: String) {
        guard let thought = thoughts[id] else { return }
        let indent = String(repeating: "  ", count: thought.depth - 1)
        output.write(output.dimmed("\(indent)  #\(id) \(text)") + "\n")
    }

    /// A thought on one line, without characters that could steer the terminal.
    static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

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
