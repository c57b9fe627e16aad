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
    /// A device, a pipe or a socket.
    case special

    /// Asks the system.
    package init(of path: String) {
        var information = stat()
        guard stat(path, &information) == 0 else {
            self = .nothing
            return
        }
        self =
            switch information.st_mode & S_IFMT {
            case S_IFDIR: .folder
            case S_IFREG: .file
            default: .special
            }
    }
}
