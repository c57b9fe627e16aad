/// Watches that a path which takes several passes gets anywhere: whoever shares the memory may take what it has computed
/// between two of them, and two that do so to each other would never end.
struct Progress {
    /// So often a path may lose what it had.
    private static let mostLosses = 32

    private var reached = 0
    private var losses = 0

    /// Whether the path has lost too much.
    var isHopeless: Bool { losses > Progress.mostLosses }

    /// Notes how deep the path is computed when a pass begins to be planned.
    mutating func begin(at depth: Int) {
        if depth < reached { losses += 1 }
    }

    /// Notes how deep it will be computed by that pass.
    mutating func end(at depth: Int) { reached = depth }

    /// Forgets everything: the path got somewhere, or gave up what it had.
    mutating func reset() { self = Progress() }
}
