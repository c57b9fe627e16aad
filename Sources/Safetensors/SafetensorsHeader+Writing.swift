internal import JSON

extension SafetensorsHeader {
    /// Gives declared tensors their places: wide elements first, so that each type stays aligned, else as declared.
    ///
    /// - Throws: what a reader would refuse in the file.
    init(layingOut declared: [TensorDeclaration], metadata: [String: String], path: String)
        throws(SafetensorsError)
    {
        var names: Set<ExactName> = [ExactName(SafetensorsHeader.metadataName)]
        var tensors: [TensorInfo] = []
        var end = 0
        let ordered = declared.enumerated().sorted {
            ($1.element.elementType.bytes, $0.offset) < ($0.element.elementType.bytes, $1.offset)
        }
        for tensor in ordered.map(\.element) {
            guard names.insert(ExactName(tensor.name)).inserted else {
                throw .header(path: path, .nameTaken(tensor.name))
            }
            let bytes = try tensor.checkedByteCount(path: path)
            let (next, overflow) = end.addingReportingOverflow(bytes)
            guard !overflow else {
                throw .tensor(name: tensor.name, path: path, .overflow(shape: tensor.shape))
            }
            tensors.append(
                TensorInfo(
                    name: tensor.name, elementType: tensor.elementType, shape: tensor.shape, byteRange: end..<next))
            end = next
        }
        self.init(metadata: metadata, tensors: tensors, dataBytes: end)
    }

    /// The first bytes of the file: the length and the text, padded with spaces so that the data start at a multiple
    /// of eight.
    func serialized() -> [UInt8] {
        var members = JSONObject()
        if !metadata.isEmpty {
            var texts = JSONObject()
            for (name, text) in metadata.sorted(by: { $0.key < $1.key }) { texts.set(name, .string(text)) }
            members.set(SafetensorsHeader.metadataName, .object(texts))
        }
        for tensor in tensors {
            members.set(
                tensor.name,
                [
                    "dtype": .string(tensor.elementType.rawValue),
                    "shape": .array(tensor.shape.map { .integer($0) }),
                    "data_offsets": [.integer(tensor.byteRange.lowerBound), .integer(tensor.byteRange.upperBound)],
                ])
        }
        var text = Array(JSONValue.object(members).serialized().utf8)
        while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
    }
}

extension TensorDeclaration {
    /// The bytes of the tensor, if its shape is one that the reader accepts.
    func checkedByteCount(path: String) throws(SafetensorsError) -> Int {
        guard shape.count <= TensorInfo.largestRank else {
            throw .tensor(name: name, path: path, .rank(found: shape.count, limit: TensorInfo.largestRank))
        }
        guard shape.allSatisfy({ 0...TensorInfo.largestDimension ~= $0 }) else {
            throw .tensor(name: name, path: path, .shape(found: "\(shape)"))
        }
        guard let bytes = TensorInfo.byteCount(of: elementType, shape: shape) else {
            throw .tensor(name: name, path: path, .overflow(shape: shape))
        }
        return bytes
    }
}
