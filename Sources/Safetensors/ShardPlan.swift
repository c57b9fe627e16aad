internal import JSON

/// Which declared tensor goes into which file of a folder.
struct ShardPlan: Sendable {
    /// The tensors of each file, in the order of declaration.
    private(set) var groups: [[TensorDeclaration]] = [[]]
    /// The file of each tensor, as an index into `groups` and `names`.
    private(set) var places: [ExactName: Int] = [:]
    /// The bytes of all tensors.
    private(set) var totalBytes = 0

    /// Fills one file after the other.
    ///
    /// - Throws: for a shape that cannot be read again, and a name that is declared twice.
    init(_ tensors: [TensorDeclaration], maximumShardBytes: Int, path: String) throws(SafetensorsError) {
        var filled = 0
        for tensor in tensors {
            let bytes = try tensor.checkedByteCount(path: path)
            if filled > 0, bytes > maximumShardBytes - filled {
                groups.append([])
                filled = 0
            }
            filled += bytes
            let (total, overflow) = totalBytes.addingReportingOverflow(bytes)
            guard !overflow else { throw .tensor(name: tensor.name, path: path, .overflow(shape: tensor.shape)) }
            totalBytes = total
            groups[groups.count - 1].append(tensor)
            guard places.updateValue(groups.count - 1, forKey: ExactName(tensor.name)) == nil else {
                throw .header(path: path, .nameTaken(tensor.name))
            }
        }
    }

    /// The names of the files, in order.
    var names: [String] {
        let count = groups.count
        guard count > 1 else { return [SafetensorsFolder.singleName] }
        return (1...count).map { "model-\(ShardPlan.padded($0))-of-\(ShardPlan.padded(count)).safetensors" }
    }

    /// The text of the index, or nil if there is only one file.
    var index: [UInt8]? {
        guard groups.count > 1 else { return nil }
        var map = JSONObject()
        for (name, group) in zip(names, groups) {
            for tensor in group { map.set(tensor.name, .string(name)) }
        }
        let index: JSONValue = ["metadata": ["total_size": .integer(totalBytes)], "weight_map": .object(map)]
        return Array((index.serialized() + "\n").utf8)
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
