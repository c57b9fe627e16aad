#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What a path names, links followed.
package enum PathKind: Sendable {
    case nothing
    case folder
    case file

    /// Asks the system.
    package init(of path: String) {
        var information = stat()
        guard stat(path, &information) == 0 else {
            self = .nothing
            return
        }
        self = information.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }
}
