#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One line on standard error that says how far the work is; silent where nobody watches.
struct ProgressLine {
    private let total: Int
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?

    /// - Parameter total: the bytes of the whole work.
    init(total: Int) { self.total = total }

    /// The time since the start in seconds.
    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Shows the state, at most ten times a second.
    mutating func update(done: Int) {
        let now = ContinuousClock.now
        guard isTerminal, total > 0, last.map({ now - $0 >= .milliseconds(100) }) ?? true else { return }
        last = now
        let rate = Double(done) / max(seconds, 1e-3)
        var text = "\(done * 100 / total) %  \(ByteCount(Int(rate)))/s"
        if done > 0 { text += "  \(ProgressLine.clock(Double(total - done) / rate)) left" }
        ProgressLine.write("\r\u{1B}[K\(text)")
    }

    /// Says that everything is written and the disk has to catch up.
    func showFlush() {
        if isTerminal { ProgressLine.write("\r\u{1B}[K100 %  waiting for the disk") }
    }

    /// Removes the line.
    func clear() {
        if isTerminal { ProgressLine.write("\r\u{1B}[K") }
    }

    /// Writes text to standard error.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = Self.write(bytes) }
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        #if canImport(Darwin)
        Darwin.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        Musl.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        #else
        Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        #endif
    }

    /// Seconds as minutes and seconds.
    private static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999).rounded(.up))
        return "\(whole / 60):\(whole % 60 < 10 ? "0" : "")\(whole % 60)"
    }
}
