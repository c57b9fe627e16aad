internal import JSON

extension SafetensorsHeader {
    /// Gives declared tensors their places: first those of whole cache lines, then wide elements before narrow ones, so
    /// that each stays aligned, else as declared.
    ///
    /// - Throws: what a reader would refuse in the file.
    init(layingOut declared: [TensorDeclaration], metadata: [String: String], path: String)
        throws(SafetensorsError)
    {
        var names: Set<ExactName> = [ExactName(SafetensorsHeader.metadataName)]
        var tensors: [TensorInfo] = []
        var end = 0
        for tensor in try TensorDeclaration.ordered(declared, path: path) {
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
    /// of 64, as the mapped file's pages do.
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
        while (text.count + SafetensorsHeader.prefixBytes) % TensorDeclaration.cacheLine != 0 {
            text.append(UInt8(ascii: " "))
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
    }
}

extension TensorDeclaration {
    /// Bytes that processors read at once.
    fileprivate static let cacheLine = 64

    /// Declarations in the order of their bytes.
    fileprivate static func ordered(
        _ declared: [TensorDeclaration], path: String
    ) throws(SafetensorsError) -> [TensorDeclaration] {
        var (lines, others): ([TensorDeclaration], [TensorDeclaration]) = ([], [])
        for tensor in declared {
            if try tensor.checkedByteCount(path: path) % cacheLine == 0 {
                lines.append(tensor)
            } else {
                others.append(tensor)
            }
        }
        let ordered = others.enumerated().sorted {
            ($1.element.elementType.bytes, $0.offset) < ($0.element.elementType.bytes, $1.offset)
        }
        return lines + ordered.map(\.element)
    }

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
