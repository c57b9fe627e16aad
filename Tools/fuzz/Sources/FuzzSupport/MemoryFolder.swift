import Glibc

/// A folder in memory, so that no disk is worn out, for parsers that read files.
public struct MemoryFolder: Sendable {
    /// The folder.
    public let path: String

    /// - Parameter name: of the fuzzer, which is part of the path.
    public init(_ name: String) {
        path = "/dev/shm/specsearch-fuzz-\(name)-\(getpid())"
        precondition(mkdir(path, 0o700) == 0 || errno == EEXIST, "cannot create \(path): error \(errno)")
    }

    /// Writes a file, or replaces it.
    public func write(_ bytes: UnsafeRawBufferPointer, to name: String) {
        let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0, "cannot write \(name): error \(errno)")
        precondition(Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count)
        close(descriptor)
    }

    /// Writes a text.
    public func write(_ text: String, to name: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0), to: name) }
    }
}
