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
    /// BUS_ADRERR: there is nothing behind the address.
    private static let missingAddress: CInt = 2
    /// Read by the signal's handler, which may not allocate; written once, before there is one.
    private nonisolated(unsafe) static var prefix: UnsafeMutablePointer<CChar>?

    /// From now on, on Linux, such a file ends the program with one line on standard error and exit code 65 (EX_DATAERR).
    ///
    /// - Parameter prefix: what the line begins with, such as `specsearch: `.
    package static func endProgram(prefix: String) {
        self.prefix = strdup(prefix)
        #if os(Linux)
        var action = sigaction()
        action.sa_flags = SA_SIGINFO
        action.__sigaction_handler.sa_sigaction = { _, information, _ in
            // The other reasons, such as broken memory, are no matter of files: they end the program as ever.
            guard information?.pointee.si_code == LostPages.missingAddress else {
                signal(SIGBUS, SIG_DFL)
                return
            }
            if let prefix = LostPages.prefix { _ = write(STDERR_FILENO, prefix, strlen(prefix)) }
            _ = write(STDERR_FILENO, LostPages.text.utf8Start, LostPages.text.utf8CodeUnitCount)
            _exit(65)
        }
        sigaction(SIGBUS, &action, nil)
        #endif
    }
}
