internal import Foundation
package import JSON
internal import Safetensors

/// A checkpoint of the parity matrix, made anew from what Weights/golden/matrix.json says: whole numbers of a seeded
/// generator times powers of two, so that Tools/parity/matrix.py makes the same one.
package final class MatrixCheckpoint {
    /// The folder; it goes away with the object.
    package let folder: String
    /// The entry's name.
    package let name: String

    package init(_ entry: JSONValue) throws {
        guard let name = entry["name"]?.string, let config = entry["config"], let seed = entry["seed"]?.int,
            let tensors = entry["tensors"]?.array, let shards = entry["shards"]?.int
        else { throw CocoaError(.fileReadCorruptFile) }
        self.name = name
        folder = NSTemporaryDirectory() + "specsearch-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try config.serialized().write(toFile: folder + "/config.json", atomically: true, encoding: .utf8)
        let type = config["dtype"]?.string ?? config["torch_dtype"]?.string ?? ""
        let weights = try tensors.enumerated().map { place, tensor in
            try MatrixTensor(tensor, type: type, seed: UInt64(seed + place))
        }
        let total = weights.reduce(0) { $0 + $1.bytes.count }
        let writer = try SafetensorsFolderWriter(
            folder: folder, tensors: weights.map(\.declaration), maximumShardBytes: total / shards + 1)
        for weight in weights {
            try weight.bytes.withUnsafeBytes { try writer.append($0, to: weight.declaration.name) }
        }
        try writer.finish()
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

/// One tensor of such a checkpoint.
private struct MatrixTensor {
    let declaration: TensorDeclaration
    let bytes: [UInt8]

    init(_ json: JSONValue, type: String, seed: UInt64) throws {
        guard let name = json["name"]?.string, let shape = json["shape"]?.array?.compactMap(\.int),
            let exponent = json["exponent"]?.int, let offset = json["offset"]?.int
        else { throw CocoaError(.fileReadCorruptFile) }
        var random = SeededRandom(seed: seed)
        let scale = Float(sign: .plus, exponent: -exponent, significand: 1)
        let values = (0..<shape.reduce(1, *)).map { _ in Float(Int(random.next() >> 57) - 64 + offset) * scale }
        let elementType: ElementType
        switch type {
        case "bfloat16":
            elementType = .bfloat16
            bytes = values.flatMap { value in
                let half = UInt16(truncatingIfNeeded: value.bitPattern >> 16)
                return [UInt8(truncatingIfNeeded: half), UInt8(truncatingIfNeeded: half >> 8)]
            }
        case "float16":
            elementType = .float16
            bytes = values.flatMap { value in withUnsafeBytes(of: Float16(value).bitPattern) { Array($0) } }
        default:
            elementType = .float32
            bytes = values.withUnsafeBytes { Array($0) }
        }
        declaration = TensorDeclaration(name: name, elementType: elementType, shape: shape)
    }
}
