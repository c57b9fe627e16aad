internal import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that is written under a hidden name and gets its own only when it is complete.
///
/// Until `commit()` nothing is under the final name, or what was there before; a file that is let go of is removed.
package final class TemporaryFile {
    /// Tells apart the temporary files of one process.
    private static let count = Atomic<Int>(0)

    /// The final path.
    package let path: String
    private let temporaryPath: String
    private var descriptor: CInt

    /// Creates the file in the folder of its final path.
    ///
    /// - Throws: also if that is the path of a folder, or of a device or pipe, which must not be replaced.
    package init(path: String) throws(WriteError) {
        switch PathKind(of: path) {
        case .nothing, .file: break
        case .folder: throw WriteError(path: path, code: EISDIR)
        case .special: throw WriteError(path: path, code: EINVAL)
        }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
        let start = slash ?? path.startIndex
        let number = TemporaryFile.count.wrappingAdd(1, ordering: .relaxed).newValue
        self.path = path
        temporaryPath = "\(path[..<start]).\(path[start...]).partial-\(getpid())-\(number)"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw WriteError(path: path, code: errno) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        _ = close(descriptor)
        _ = unlink(temporaryPath)
    }

    /// Writes bytes at a place in the file.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(WriteError) {
        var written = 0
        while written < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(offset + written))
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw WriteError(path: path, code: errno)
            }
        }
    }

    /// Makes the bytes durable and gives the file its final name, in one step that others see whole or not at all.
    package func commit() throws(WriteError) {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
            throw WriteError(path: path, code: errno)
        }
        _ = close(descriptor)
        descriptor = -1
        try syncFolder()
    }

    /// Makes the name durable as well.
    private func syncFolder() throws(WriteError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw WriteError(path: path, code: errno) }
        defer { _ = close(descriptor) }
        // Some file systems cannot sync folders and say EINVAL; there is nothing more to do then.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw WriteError(path: path, code: errno) }
    }
}

extension TemporaryFile {
    /// Writes an array of bytes at a place in the file.
    package func write(_ bytes: [UInt8], at offset: Int) throws(WriteError) {
        let outcome: Result<Void, WriteError> = bytes.withUnsafeBytes { buffer in
            Result { () throws(WriteError) in try write(buffer, at: offset) }
        }
        try outcome.get()
    }

    /// Writes a whole file.
    package static func write(_ bytes: [UInt8], to path: String) throws(WriteError) {
        let file = try TemporaryFile(path: path)
        try file.write(bytes, at: 0)
        try file.commit()
    }
}
