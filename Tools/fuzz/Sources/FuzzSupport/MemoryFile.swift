import Glibc

/// The file that every input is written to: in memory, so that no disk is worn out, and without a name.
public struct MemoryFile: Sendable {
    /// Opens the file as long as this value's process lives.
    public let path: String
    private let descriptor: CInt

    /// - Parameter name: tells the files of several targets apart.
    public init(_ name: String) {
        let path = "/dev/shm/specsearch-fuzz-\(name)-\(getpid())"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        precondition(descriptor >= 0, "cannot create \(path): error \(errno)")
        unlink(path)
        self.path = "/proc/self/fd/\(descriptor)"
    }

    /// Makes the file hold an input and nothing else.
    public func write(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
        precondition(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, count, 0) == count)
    }
}
