#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that grows at its end; what is appended in one piece stands there in one piece, unless the disk is full.
package final class AppendedFile {
    private let path: String
    private let descriptor: CInt

    /// Opens the file, and creates it if it is not there.
    package init(path: String) throws(WriteError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw WriteError(path: path, code: errno) }
    }

    deinit { _ = close(descriptor) }

    /// Appends bytes; they are in the system's hands when this returns.
    package func append(_ bytes: [UInt8]) throws(WriteError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw WriteError(path: path, code: errno)
            }
        }
    }

    /// Cuts the file off behind so many bytes.
    package func truncate(to count: Int) throws(WriteError) {
        guard ftruncate(descriptor, off_t(count)) == 0 else { throw WriteError(path: path, code: errno) }
    }
}
