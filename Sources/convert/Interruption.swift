import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Control-C as a question that is asked between two pieces of work, so that partial files are removed.
enum Interruption {
    private static let isRequested = Atomic<Bool>(false)

    /// Begins to note Control-C and termination; the second one ends the program at once.
    static func watch() {
        // The first access initialises the flag, which a signal handler must not do.
        isRequested.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                Interruption.isRequested.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }

    /// Throws if the user asked to stop.
    static func check() throws(ConvertError) {
        if isRequested.load(ordering: .relaxed) { throw .interrupted }
    }
}
