internal import Foundation
public import JSON
public import Safetensors

/// A copy of a folder, a checkpoint or a bundle of them, that a test may change; it is removed with its last owner.
public final class ModelCopy {
    /// The copy's own path.
    public let path: String

    /// - Parameter folder: what to copy, with everything in it.
    public init(of folder: String) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("model-\(UUID().uuidString)").path
        try FileManager.default.copyItem(atPath: folder, toPath: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file or folder in the copy.
    public func path(of name: String) -> String { path + "/" + name }

    // MARK: Files

    /// Replaces a file, or adds it.
    public func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(of: name)))
    }

    /// Removes a file or a folder.
    public func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(of: name)) }

    /// Puts another folder in the place of one.
    public func replace(_ name: String, with folder: String) throws {
        try remove(name)
        try FileManager.default.copyItem(atPath: folder, toPath: path(of: name))
    }

    /// Cuts bytes off the end of a file, so that so many are left.
    public func truncate(_ name: String, toBytes count: Int) throws {
        let url = URL(fileURLWithPath: path(of: name))
        try Data(contentsOf: url).prefix(count).write(to: url)
    }

    // MARK: JSON

    /// The value of a JSON file.
    public func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path(of: name)))))
    }

    /// Sets a member of a JSON file's object, or removes it if the value is nil.
    public func setField(_ field: String, to value: JSONValue?, in name: String = "config.json") throws {
        try write(try json(name).with(field, value).serialized(), to: name)
    }

    // MARK: Weights

    /// Changes one tensor's elements; it is float32 from then on.
    ///
    /// - Parameter file: the safetensors file that holds it.
    public func changeFloats(
        of tensor: String, in file: String = "model.safetensors", _ change: (inout [Float]) -> Void
    ) throws {
        try changeTensors(in: file) { tensors in
            guard let index = tensors.firstIndex(where: { $0.name == tensor }) else {
                throw CocoaError(.fileReadCorruptFile, userInfo: [NSDebugDescriptionErrorKey: "no tensor \(tensor)"])
            }
            var floats = tensors[index].floats
            change(&floats)
            tensors[index].floats = floats
        }
    }

    /// Writes a safetensors file anew with other tensors.
    public func changeTensors(
        in file: String = "model.safetensors", _ change: (inout [StoredTensor]) throws -> Void
    ) throws {
        let source = try SafetensorsFile(contentsOf: path(of: file))
        var tensors = source.tensors.compactMap { source.tensor(named: $0.name) }.map { StoredTensor($0) }
        try change(&tensors)
        let writer = try SafetensorsWriter(
            path: path(of: file),
            tensors: tensors.map { TensorDeclaration(name: $0.name, elementType: $0.elementType, shape: $0.shape) },
            metadata: source.metadata)
        for tensor in tensors { try tensor.bytes.withUnsafeBytes { try writer.append($0, to: tensor.name) } }
        try writer.finish()
    }
}

/// A tensor as it stands in a file, out of it.
public struct StoredTensor {
    /// The name in the file.
    public var name: String
    /// What one element is.
    public var elementType: ElementType
    /// The size along each axis, outermost first.
    public var shape: [Int]
    /// The elements as they lie in the file.
    public var bytes: [UInt8]

    init(_ tensor: TensorView) {
        (name, elementType, shape) = (tensor.name, tensor.elementType, tensor.shape)
        bytes = withExtendedLifetime(tensor.file) { Array(tensor.bytes) }
    }

    /// The elements of a tensor of 16 or 32 bits as numbers; setting them makes it float32.
    public var floats: [Float] {
        get {
            bytes.withUnsafeBytes { bytes in
                (0..<bytes.count / elementType.bytes).map { index in
                    switch elementType {
                    case .bfloat16:
                        Float(bfloat16Bits: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                    case .float16: Float(halfBits: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                    default: bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
                    }
                }
            }
        }
        set {
            elementType = .float32
            bytes = newValue.withUnsafeBytes { Array($0) }
        }
    }
}

extension JSONValue {
    /// An object with one member changed, or left out if the value is nil.
    public func with(_ name: String, _ value: JSONValue?) -> JSONValue {
        var members = JSONObject()
        for member in object?.members ?? [] where member.name != name { members.set(member.name, member.value) }
        if let value { members.set(name, value) }
        return .object(members)
    }
}
