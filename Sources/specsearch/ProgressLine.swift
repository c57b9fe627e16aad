import Synchronization

/// A line on standard error that says how far something is; silent when nobody looks.
final class ProgressLine: Sendable {
    private let label: String
    private let shown = Mutex(-1)

    init(_ label: String) { self.label = label }

    /// Shows a share from 0 to 1, if it is a new whole per cent.
    func show(_ share: Double) {
        guard Terminal.standardError.isInteractive else { return }
        let percent = Int(share * 100)
        let isNew = shown.withLock { last in
            defer { last = percent }
            return last != percent
        }
        if isNew { Terminal.standardError.write("\r\(label) … \(percent) %") }
    }

    /// Removes the line.
    func clear() {
        if Terminal.standardError.isInteractive { Terminal.standardError.write("\r\u{1B}[K") }
    }
}
