#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where a program may keep what it can find out again (XDG Base Directory Specification).
package enum UserCache {
    /// The folder of a program under `XDG_CACHE_HOME`, or `.cache` in the home folder; made if it is not there.
    ///
    /// - Returns: nil if there is no such place, or nothing may be written to it.
    package static func folder(_ program: String) -> String? {
        guard let parent = parent else { return nil }
        let path = parent + "/" + program
        // What is there already is fine, whoever made it.
        for folder in [parent, path] { _ = mkdir(folder, 0o700) }
        return access(path, W_OK) == 0 ? path : nil
    }

    private static var parent: String? {
        if let folder = EnvironmentVariable.value("XDG_CACHE_HOME"), folder.hasPrefix("/") { return folder }
        return EnvironmentVariable.value("HOME").map { $0 + "/.cache" }
    }
}
