import FuzzSupport
import GGUF

private let file = MemoryFile("gguf")

/// Opens the input as a file; what is accepted must be readable to the last element.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    file.write(bytes, count)
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
