#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A whole file in memory, read-only, as the system pages it in.
///
/// `@unchecked Sendable` because the memory is never written and lives as long as the object.
package final class MappedFile: @unchecked Sendable {
    private let file: InputFile
    /// All bytes of the file; valid while the object lives.
    package let bytes: UnsafeRawBufferPointer

    /// Maps an open file and checks that it did not change since it was opened.
    package init(_ file: consuming InputFile) throws(FileError) {
        let count = file.bytes
        var mapped = UnsafeRawBufferPointer(start: nil, count: 0)
        // The system refuses to map nothing.
        if count > 0 {
            let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
            guard let address, address != MAP_FAILED else {
                throw .unreadable(code: errno)
            }
            mapped = UnsafeRawBufferPointer(start: address, count: count)
        }
        bytes = mapped
        self.file = file
        try checkUnchanged()
    }

    deinit {
        if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
    }

    /// Checks that size and time of the file are what they were when it was opened.
    package func checkUnchanged() throws(FileError) {
        try file.checkUnchanged()
    }

    /// Lets the system drop the pages around a range of bytes; the next access reads them from the file again.
    package func releasePages(_ range: Range<Int>) {
        guard let address = bytes.baseAddress, !range.isEmpty else { return }
        let page = Int(sysconf(CInt(_SC_PAGESIZE)))
        let begin = range.lowerBound / page * page
        // Advice only: if it is refused, memory stays as it is.
        _ = madvise(
            UnsafeMutableRawPointer(mutating: address + begin), range.upperBound - begin, MADV_DONTNEED)
    }
}
