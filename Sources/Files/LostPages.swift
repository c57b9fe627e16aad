#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What a program does when a mapped file is cut short while it is read: the system then sends SIGBUS.
///
/// For programs alone: a library must not decide how its host ends.
package enum LostPages {
    private static let text: StaticString =
        "a model's file became shorter while it was read. Load it again when nothing writes to it.\n"
    /// Read by the signal's handler, which may not allocate; written once, before there is one.
    private nonisolated(unsafe) static var prefix: UnsafeMutablePointer<CChar>?

    /// From now on such a file ends the program with one line on standard error and exit code 65 (EX_DATAERR).
    ///
    /// - Parameter prefix: what the line begins with, such as `specsearch: `.
    package static func endProgram(prefix: String) {
        self.prefix = strdup(prefix)
        signal(SIGBUS) { _ in
            if let prefix = LostPages.prefix { _ = write(STDERR_FILENO, prefix, strlen(prefix)) }
            _ = write(STDERR_FILENO, LostPages.text.utf8Start, LostPages.text.utf8CodeUnitCount)
            _exit(65)
        }
    }
}
