import FuzzSupport
import GGUF
import Glibc

/// The file that every input is written to: in memory, so that no disk is worn out, and without a name.
private let file: (descriptor: CInt, path: String) = {
    let path = "/dev/shm/specsearch-fuzz-gguf-\(getpid())"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    precondition(descriptor >= 0, "cannot create \(path): error \(errno)")
    unlink(path)
    return (descriptor, "/proc/self/fd/\(descriptor)")
}()

/// Opens the input as a file; what is accepted must be readable to the last element.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    precondition(ftruncate(file.descriptor, 0) == 0 && pwrite(file.descriptor, bytes, count, 0) == count)
    withinASecond {
        do {
            let opened = try GGUFFile(contentsOf: file.path)
            for tensor in opened.header.tensors {
                precondition(tensor.byteRange.upperBound <= count && opened.tensor(named: tensor.name) != nil)
                precondition(
                    tensor.byteRange.count * tensor.type.blockElements
                        == tensor.elementCount * tensor.type.blockBytes)
                var floats = [Float](repeating: 0, count: tensor.elementCount)
                floats.withUnsafeMutableBufferPointer { opened.copyFloats(tensor, elements: 0..<$0.count, into: $0) }
                opened.releasePages(of: tensor, elements: 0..<tensor.elementCount)
            }
            try opened.checkUnchanged()
        } catch {
            precondition(!"\(error)".isEmpty && "\(error)".utf8.count < 4_000, "a long error text")
        }
    }
    return 0
}
