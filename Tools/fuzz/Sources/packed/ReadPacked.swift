import FuzzSupport
import JSON
import PackedWeights
import Safetensors

private let file = MemoryFile("packed")

/// What `quantization_config` may say; the first byte of an input chooses.
private let configurations: [JSONValue] = [
    ["quant_method": "gptq", "bits": 4, "group_size": 32, "sym": false],
    ["quant_method": "gptq", "bits": 4, "group_size": 8],
    ["quant_method": "gptq", "bits": 4, "group_size": -1, "checkpoint_format": "gptq_v2"],
    ["quant_method": "awq", "bits": 4, "group_size": 32, "version": "gemm"],
    ["quant_method": "awq", "bits": 4, "group_size": -1],
]

/// Opens the rest of the input as a safetensors file: every packed tensor is refused, or readable to its last row.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let bytes, count > 1 else { return 0 }
    file.write(bytes + 1, count - 1)
    withinASecond {
        do {
            let format = try PackedFormat(configurations[Int(bytes[0]) % configurations.count], path: "config.json")
            let opened = try SafetensorsFile(contentsOf: file.path)
            for info in opened.tensors where info.name.hasSuffix(PackedTensor.ending) {
                guard let integers = opened.tensor(named: info.name) else { fatalError("\(info.name) is not found") }
                let packed = try PackedTensor(integers, format) { opened.tensor(named: $0) }
                let (rows, inputs) = (packed.shape[0], packed.shape[1])
                for first in stride(from: 0, to: rows, by: 16) {
                    let elements = first * inputs..<min(first + 16, rows) * inputs
                    var floats = [Float](repeating: 0, count: elements.count)
                    try floats.withUnsafeMutableBufferPointer { try packed.copyFloats(elements, into: $0) }
                }
                packed.releasePages()
            }
        } catch {
            precondition(!"\(error)".isEmpty && "\(error)".utf8.count < 4_000, "a long error text")
        }
    }
    return 0
}
