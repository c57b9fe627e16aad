#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One of the three streams of the process.
struct Terminal: Sendable {
    /// What machines read.
    static let standardOutput = Terminal(descriptor: 1)
    /// Progress and errors.
    static let standardError = Terminal(descriptor: 2)

    /// What a person types, or a file.
    static let standardInput = Terminal(descriptor: 0)

    private let descriptor: Int32

    /// Whether a person looks at it.
    var isInteractive: Bool { isatty(descriptor) == 1 }

    /// Whether colours are welcome: a person looks, and `NO_COLOR` is not set.
    var hasColour: Bool { isInteractive && getenv("NO_COLOR") == nil }

    /// Whether lines that were written can be drawn anew.
    var canRedraw: Bool { isInteractive && getenv("TERM").map { String(cString: $0) != "dumb" } ?? false }

    /// How much the window shows; 80 columns and 24 rows where nobody knows.
    var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// What goes so many lines up, and removes what stands from there on.
    static func up(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A\r\u{1B}[J" : "" }

    /// Writes all of the text; a reader that has gone away ends the program quietly, a full disk with exit code 74.
    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Self.write($0, to: descriptor) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { exit(errno == EPIPE ? 0 : 74) }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Writes what a model said: as it is for machines, and so that it cannot steer a person's terminal.
    func write(said text: String) { write(isInteractive ? TerminalText.lines(text) : text) }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    /// The text dimmed, if colours are welcome.
    func dimmed(_ text: String) -> String { hasColour ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    /// The text in bold, if colours are welcome.
    func bold(_ text: String) -> String { hasColour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
}
