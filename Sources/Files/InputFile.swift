#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A regular file that is open for reading; it is closed when its owner goes away.
package struct InputFile: ~Copyable, Sendable {
    /// What tells one state of a file from another.
    struct Stamp: Hashable, Sendable {
        let bytes: Int
        let seconds: Int
        let nanoseconds: Int
    }

    /// The path as it was given.
    package let path: String
    /// The open file, for mapping it.
    package let descriptor: CInt
    /// Size and time of the last change when the file was opened.
    let stamp: Stamp

    /// The size of the file in bytes, when it was opened.
    package var bytes: Int { stamp.bytes }

    /// Opens a file.
    ///
    /// - Parameter followsLinks: whether a path whose last part is a symbolic link is followed or refused.
    package init(path: String, followsLinks: Bool) throws(FileError) {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
        let descriptor = open(path, flags)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .missing
            case ELOOP, EMLINK: throw .symbolicLink
            case let code: throw .unreadable(code: code)
            }
        }
        do {
            stamp = try InputFile.stamp(of: descriptor)
        } catch {
            _ = close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { _ = close(descriptor) }

    /// Copies bytes out of the file.
    ///
    /// - Throws: `.changed` if the file ends before `count` bytes are read.
    package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        var failure: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got > 0 {
                    filled += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    failure = errno
                    return
                }
            }
        }
        if let failure { throw .unreadable(code: failure) }
        guard bytes.count == count else { throw .changed }
        return bytes
    }

    /// Copies the whole file, if it has at most `limit` bytes.
    package func readAll(limit: Int) throws(FileError) -> [UInt8] {
        guard bytes <= limit else { throw .tooLarge(found: bytes, limit: limit) }
        return try read(at: 0, count: bytes)
    }

    /// Checks that size and time of the last change are what they were when the file was opened.
    package func checkUnchanged() throws(FileError) {
        guard try InputFile.stamp(of: descriptor) == stamp else { throw .changed }
    }

    private static func stamp(of descriptor: CInt) throws(FileError) -> Stamp {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        #if canImport(Darwin)
        let changed = status.st_mtimespec
        #else
        let changed = status.st_mtim
        #endif
        return Stamp(bytes: Int(status.st_size), seconds: Int(changed.tv_sec), nanoseconds: Int(changed.tv_nsec))
    }
}
