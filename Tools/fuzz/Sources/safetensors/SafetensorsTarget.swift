import FuzzSupport
import Glibc
import Safetensors

private let file = MemoryFile("input")

/// Opens the input as a file; what is accepted must be readable to the last byte, and survive being written.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    file.write(bytes, count)
    do {
        let opened = try SafetensorsFile(contentsOf: file.path)
        try read(opened)
        try checkRoundTrip(of: opened)
    } catch {
        let text = "\(error)"
        precondition(!text.isEmpty && text.utf8.count < 4_000, "an error text of \(text.utf8.count) bytes")
        if case .writing = error as? SafetensorsError { fatalError("cannot write what was read: \(text)") }
    }
    return 0
}

/// Touches every byte, and checks that the tensors cover the data section exactly.
private func read(_ file: SafetensorsFile) throws {
    var covered = 0
    for info in file.tensors {
        guard let tensor = file.tensor(named: info.name) else { fatalError("\(info.name) is listed, but not found") }
        precondition(tensor.info == info && info.byteRange.lowerBound == covered)
        precondition(tensor.bytes.count == tensor.elementCount * info.elementType.bytes)
        precondition(info.shape.reduce(1, *) == tensor.elementCount)
        covered += tensor.bytes.count
        _ = tensor.bytes.reduce(UInt8(0), ^)
        if info.elementType.isFloatingPoint {
            var floats = [Float](repeating: 0, count: tensor.elementCount)
            try floats.withUnsafeMutableBufferPointer { try tensor.copyFloats(into: $0) }
        }
        tensor.releasePages()
    }
    precondition(covered == file.header.dataBytes)
}

/// Writes the tensors to another file, and reads them back.
private func checkRoundTrip(of file: SafetensorsFile) throws {
    let path = "/dev/shm/specsearch-fuzz-\(getpid())"
    let declared = file.tensors.map {
        TensorDeclaration(name: $0.name, elementType: $0.elementType, shape: $0.shape)
    }
    let writer = try SafetensorsWriter(path: path, tensors: declared, metadata: file.metadata)
    for tensor in file.tensors { try file.tensor(named: tensor.name).map { try writer.append($0.bytes, to: $0.name) } }
    try writer.finish()
    defer { unlink(path) }
    let again = try SafetensorsFile(contentsOf: path)
    precondition(again.metadata == file.metadata && again.tensors.count == file.tensors.count)
    for tensor in file.tensors {
        guard let old = file.tensor(named: tensor.name), let new = again.tensor(named: tensor.name) else {
            fatalError("\(tensor.name) is lost")
        }
        precondition(old.shape == new.shape && old.elementType == new.elementType)
        precondition(old.bytes.elementsEqual(new.bytes))
    }
}
