import Decoding
import SpecSearch
import Synchronization

/// Shows a search as it grows, to a person at a terminal: the level in progress is drawn anew whenever something happens, with
/// the time that passes, and stays when it is done.
final class LiveTree: Sendable {
    private struct State {
        var level = LevelPicture()
        var texts: [Thought.ID: String] = [:]
        var depth = 1
        var threshold: Double?
        var drawn = 0
        var thoughts = 0
        var isOver = false
    }

    private let terminal: Terminal
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    private let ticking = Mutex<Task<Void, Never>?>(nil)

    init(_ terminal: Terminal) { self.terminal = terminal }

    /// Begins to show the time.
    func begin() {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                self?.draw()
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
        ticking.withLock { $0 = task }
    }

    /// Removes what is not done; what follows stands below the tree.
    func end() {
        ticking.withLock { $0?.cancel() }
        state.withLock { state in
            state.drawn = erase(state.drawn)
            state.isOver = true
        }
    }

    /// Takes up an event; the picture follows soon.
    func show(_ event: SearchEvent) {
        state.withLock { state in
            switch event {
            case .proposed(let thought): add(thought, isCorrection: false, to: &state)
            case .corrected(let thought): add(thought, isCorrection: true, to: &state)
            case .merged(let id): state.level.update(id) { $0.duplicates += 1 }
            case .scored(let id, let score): state.level.update(id) { $0.score = score }
            case .accepted(let id): state.level.update(id) { $0.isAccepted = true }
            case .rejected(let id): state.level.update(id) { $0.state = .rejected }
            case .kept(let id): state.level.update(id) { $0.state = .kept }
            case .pruned(let id): state.level.update(id) { $0.state = .pruned }
            case .levelFinished(let depth, let threshold): finish(depth, threshold, &state)
            case .finished: if !state.level.entries.isEmpty { finish(state.depth, state.threshold, &state) }
            }
        }
    }

    private func add(_ thought: Thought, isCorrection: Bool, to state: inout State) {
        state.depth = thought.depth
        state.thoughts += 1
        state.texts[thought.id] = TerminalText.oneLine(thought.text)
        if let parent = thought.parent { state.level.parents[parent] = state.texts[parent] }
        state.level.add(thought, isCorrection: isCorrection)
    }

    /// Leaves the level on the screen and begins the next.
    private func finish(_ depth: Int, _ next: Double?, _ state: inout State) {
        state.drawn = erase(state.drawn)
        let size = terminal.size
        let heading = terminal.bold(state.level.heading(depth: depth, threshold: state.threshold))
        let lines = state.level.lines(columns: size.columns, rows: size.rows, isDone: true, terminal)
        terminal.write(([heading] + lines).map { $0 + "\n" }.joined())
        state.level = LevelPicture()
        state.threshold = next
    }

    private func draw() {
        state.withLock { state in
            if state.isOver { return }
            let size = terminal.size
            let seconds = TreeView.rounded((ContinuousClock.now - start).seconds, places: 1)
            let lines = state.level.lines(columns: size.columns, rows: max(1, size.rows - 3), terminal)
            let status = terminal.dimmed("\(state.thoughts) thoughts, \(seconds) s")
            terminal.write(Terminal.up(state.drawn) + (lines + [status]).map { $0 + "\n" }.joined())
            state.drawn = lines.count + 1
        }
    }

    private func erase(_ lines: Int) -> Int {
        terminal.write(Terminal.up(lines))
        return 0
    }
}
