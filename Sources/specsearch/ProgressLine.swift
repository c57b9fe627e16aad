import Synchronization

/// A line on standard error that says how far something is; silent when nobody looks.
final class ProgressLine: Sendable {
    private let label: String
    private let start = ContinuousClock.now
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
        if isNew { Terminal.standardError.write("\r\(label) … \(percent) %\(timeLeft(share))\u{1B}[K") }
    }

    /// How long it will take at the same speed, once that is worth knowing.
    private func timeLeft(_ share: Double) -> String {
        let passed = (ContinuousClock.now - start).seconds
        guard passed > 2, share > 0, share < 1 else { return "" }
        let left = Int(passed / share * (1 - share)) + 1
        return left < 120 ? ", \(left) s left" : ", \(left / 60) min left"
    }

    /// Removes the line.
    func clear() {
        if Terminal.standardError.isInteractive { Terminal.standardError.write("\r\u{1B}[K") }
    }
}
