import Decoding
import Synchronization

/// A line on standard error that says how far something is; silent when nobody looks.
final class ProgressLine: Sendable {
    private let label: String
    /// How many of what the whole is, if that says more than a share.
    private let whole: (count: Int, unit: String)?
    private let start = ContinuousClock.now
    private let shown = Mutex(-1)

    init(_ label: String, of whole: (count: Int, unit: String)? = nil) {
        self.label = label
        self.whole = whole
    }

    /// Shows a share from 0 to 1, if it is a new whole per cent.
    func show(_ share: Double) {
        guard Terminal.standardError.isInteractive else { return }
        let percent = Int(share * 100)
        let isNew = shown.withLock { last in
            defer { last = percent }
            return last != percent
        }
        if isNew { Terminal.standardError.write("\r\(label) … \(percent) %\(speed(share))\u{1B}[K") }
    }

    /// How fast it is, and how long it will take at that speed, once that is worth knowing.
    private func speed(_ share: Double) -> String {
        let passed = (ContinuousClock.now - start).seconds
        guard passed > 2, share > 0, share < 1 else { return "" }
        let rate =
            whole.map { ", \(TreeView.rounded(share * Double($0.count) / passed, places: 1)) \($0.unit)/s" } ?? ""
        let left = Int(passed / share * (1 - share)) + 1
        return rate + (left < 120 ? ", \(left) s left" : ", \(left / 60) min left")
    }

    /// Removes the line.
    func clear() {
        if Terminal.standardError.isInteractive { Terminal.standardError.write("\r\u{1B}[K") }
    }
}
