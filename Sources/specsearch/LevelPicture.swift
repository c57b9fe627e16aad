import SpecSearch

/// The thoughts that a search decides about together, as lines for a terminal: each below the one that it continues, with
/// who wrote it, its reward, and what became of it.
struct LevelPicture {
    /// A thought as far as it is known.
    struct Entry {
        let thought: Thought
        let isCorrection: Bool
        var score: Float?
        var isAccepted = false
        var state = Thought.State.open
        var duplicates = 0
    }

    /// The thoughts that the level's thoughts continue, as far as they are known.
    var parents: [Thought.ID: String] = [:]
    private(set) var entries: [Entry] = []

    /// Adds a thought that was written.
    mutating func add(_ thought: Thought, isCorrection: Bool) {
        entries.append(Entry(thought: thought, isCorrection: isCorrection, score: thought.score))
    }

    /// Changes what is known of a thought, if it is one of these.
    mutating func update(_ id: Thought.ID, _ change: (inout Entry) -> Void) {
        guard let index = entries.lastIndex(where: { $0.thought.id == id }) else { return }
        change(&entries[index])
    }

    /// What stands above the thoughts.
    ///
    /// - Parameter threshold: β of the level.
    func heading(depth: Int, threshold: Double?) -> String {
        let drafts = entries.count { $0.thought.origin == .draft }
        let corrections = entries.count(where: \.isCorrection)
        let parts = [
            "level \(depth)", threshold.map { "β \(TreeView.rounded($0, places: 3))" },
            drafts > 0 ? "\(drafts) drafts" : nil,
            drafts > 0 ? "\(entries.count(where: \.isAccepted)) accepted" : nil,
            corrections > 0 ? "\(corrections) corrected" : nil,
            entries.count > drafts + corrections ? "\(entries.count - drafts - corrections) written" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: " · ")
    }

    /// The lines below it.
    ///
    /// - Parameters:
    ///   - columns: how wide a line may be.
    ///   - rows: how many lines there may be; thoughts that are left out are counted.
    ///   - isDone: whether the level is decided; then those that were rejected are counted, too.
    ///   - terminal: says whether colours are welcome.
    func lines(columns: Int, rows: Int, isDone: Bool = false, _ terminal: Terminal) -> [String] {
        let groups = Dictionary(grouping: entries, by: \.thought.parent)
        let order = groups.keys.sorted { ($0 ?? -1) < ($1 ?? -1) }
        let room = max(1, rows / max(1, order.count) - 1)
        let lines = order.flatMap { parent -> [String] in
            let entries = (groups[parent] ?? []).sorted { Self.rank($0) > Self.rank($1) }
            let open = isDone ? entries.filter { $0.state != .rejected } : entries
            let shown = open.prefix(open.count == entries.count && open.count <= room ? room : room - 1)
            let rest = Self.summary(of: entries.dropFirst(shown.count), isDone: isDone)
            let head = parent.map { terminal.dimmed(TerminalText.cut(" #\($0) \(parents[$0] ?? "")", to: columns)) }
            let body = shown.enumerated().map { index, entry in
                line(entry, isLast: rest == nil && index == shown.count - 1, columns, terminal)
            }
            return [head].compactMap { $0 } + body
                + [rest.map { terminal.dimmed(TerminalText.cut(" └─ \($0)", to: columns)) }].compactMap { $0 }
        }
        guard lines.count > rows else { return lines }
        return lines.prefix(max(0, rows - 1)) + [terminal.dimmed(TerminalText.cut(" … and more", to: columns))]
    }

    /// What is said of those that are not shown, if there are any.
    private static func summary(of entries: some Collection<Entry>, isDone: Bool) -> String? {
        guard let best = entries.compactMap(\.score).max() else {
            return entries.isEmpty ? nil : "\(entries.count) more"
        }
        let isRejected = isDone && entries.allSatisfy { $0.state == .rejected }
        let score = TreeView.rounded(Double(best), places: 3)
        return "\(entries.count) \(isRejected ? "rejected" : "more"), the best \(score)"
    }

    /// What goes on stands above what competed, and that above what was rejected; better ones stand above worse ones.
    private static func rank(_ entry: Entry) -> Float {
        let score = entry.score ?? 0
        return switch entry.state {
        case .kept: score + 4
        case .open: score + 2
        case .pruned: score
        case .rejected: score - 2
        }
    }

    private func line(_ entry: Entry, isLast: Bool, _ columns: Int, _ terminal: Terminal) -> String {
        let branch = isLast ? " └─ " : " ├─ "
        let writer = entry.isCorrection ? "corrected" : entry.thought.origin == .draft ? "draft    " : "target   "
        let score = entry.score.map { TreeView.rounded(Double($0), places: 3) } ?? "  …  "
        let repeats = entry.duplicates > 0 ? " ×\(entry.duplicates + 1)" : ""
        let head = "\(mark(entry)) \(writer) \(score)  "
        let text = TerminalText.oneLine("#\(entry.thought.id)\(repeats) \(entry.thought.text)")
        let whole = TerminalText.cut(head + text, to: columns - branch.count)
        switch entry.state {
        case .kept: return branch + terminal.bold(whole)
        case .open: return branch + whole
        case .pruned, .rejected: return branch + terminal.dimmed(whole)
        }
    }

    /// ● goes on, ○ competed, ✗ rejected, · not decided yet.
    private func mark(_ entry: Entry) -> String {
        switch entry.state {
        case .kept: "●"
        case .pruned: "○"
        case .rejected: "✗"
        case .open: entry.isAccepted ? "○" : "·"
        }
    }
}
