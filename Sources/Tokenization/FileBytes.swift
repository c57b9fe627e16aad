#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The contents of a file of modest size.
struct FileBytes {
    /// The contents.
    let bytes: [UInt8]

    /// The largest file that is read: several times the largest vocabulary there is.
    static let largestFile = 256 << 20

    /// Reads a whole file.
    ///
    /// - Throws: `unreadable` with the system's reason.
    init(path: String) throws(TokenizerError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileBytes.failure(path) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw FileBytes.failure(path) }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, reason: "it is no regular file")
        }
        guard information.st_size <= FileBytes.largestFile else {
            throw .unreadable(path: path, reason: "it is larger than \(FileBytes.largestFile) bytes")
        }
        let size = Int(information.st_size)
        let contents = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let received = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
                if received < 0, errno == EINTR { continue }
                guard received > 0 else { break }
                count += received
            }
        }
        guard contents.count == size else { throw .unreadable(path: path, reason: "it ends early") }
        bytes = contents
    }

    /// Whether a path is a folder.
    static func isFolder(_ path: String) -> Bool { mode(of: path) == S_IFDIR }

    /// Whether there is a file at a path.
    static func exists(_ path: String) -> Bool { mode(of: path) != nil }

    private static func mode(of path: String) -> mode_t? {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_mode & S_IFMT : nil
    }

    private static func failure(_ path: String) -> TokenizerError {
        .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
}
