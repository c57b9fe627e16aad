import FuzzSupport
import Glibc
import Safetensors

/// Two small shards, which the input is the index of.
private let folder: MemoryFolder = {
    let folder = MemoryFolder("shards")
    for (name, tensors) in [("a.safetensors", ["x", "y"]), ("b.safetensors", ["z"])] {
        let declared = tensors.map { TensorDeclaration(name: $0, elementType: .float32, shape: [2]) }
        do {
            let writer = try SafetensorsWriter(path: folder.path + "/" + name, tensors: declared)
            for tensor in tensors { try [Float(1), 2].withUnsafeBytes { try writer.append($0, to: tensor) } }
            try writer.finish()
        } catch { fatalError("\(error)") }
    }
    _ = symlink("a.safetensors", folder.path + "/link.safetensors")
    return folder
}()

/// Reads the input as model.safetensors.index.json; what is accepted names every tensor once.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    withinASecond {
        folder.write(UnsafeRawBufferPointer(start: bytes, count: count), to: "model.safetensors.index.json")
        do {
            let weights = try SafetensorsFolder(contentsOf: folder.path)
            precondition(Set(weights.tensorNames).count == weights.tensorNames.count && weights.dataBytes <= 24)
            for name in weights.tensorNames { precondition(weights.tensor(named: name) != nil) }
        } catch {
            check(error)
        }
    }
    return 0
}

/// Changes the input as JSON.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int, _ seed: CUnsignedInt) -> Int {
    JSONMutator.mutate(bytes, count, maximum: maximum, seed: seed, words: words)
}

private let words = [
    "weight_map", "metadata", "a.safetensors", "b.safetensors", "link.safetensors", "x", "y", "z", "../a.safetensors",
    "/dev/null", "./a.safetensors", "A.safetensors", ".safetensors",
]
