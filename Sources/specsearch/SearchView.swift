import SpecSearch

/// Shows a search on standard error: live to a person, line by line to a file, or not at all.
enum SearchView {
    case live(LiveTree)
    case lines(TreeView)
    case none

    init(quiet: Bool) {
        if quiet {
            self = .none
        } else if Terminal.standardError.canRedraw {
            let tree = LiveTree(.standardError)
            tree.begin()
            self = .live(tree)
        } else {
            self = .lines(TreeView(.standardError))
        }
    }

    /// Shows what happened.
    mutating func show(_ event: SearchEvent) {
        switch self {
        case .live(let tree): tree.show(event)
        case .lines(var view):
            view.show(event)
            self = .lines(view)
        case .none: break
        }
    }

    /// Shows no more.
    func end() {
        if case .live(let tree) = self { tree.end() }
    }
}
