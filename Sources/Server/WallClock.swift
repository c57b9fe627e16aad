#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The time of day.
enum WallClock {
    /// Seconds since 1970.
    static var now: Int { time(nil) }
}
