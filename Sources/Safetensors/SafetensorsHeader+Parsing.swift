internal import JSON

extension SafetensorsHeader {
    /// Reads the length of the header from the first bytes of a file.
    ///
    /// - Parameters:
    ///   - prefix: the first eight bytes, or fewer if the file has fewer.
    ///   - fileBytes: the size of the whole file.
    ///   - path: the file's name for error texts.
    package static func length(prefix: [UInt8], fileBytes: Int, path: String) throws(SafetensorsError) -> Int {
        guard fileBytes >= prefixBytes, prefix.count >= prefixBytes else {
            throw .file(path: path, .noLength(found: min(fileBytes, prefix.count)))
        }
        let claimed = prefix[..<prefixBytes].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let limit = min(largestBytes, fileBytes - prefixBytes)
        guard claimed >= 2, claimed <= UInt64(limit) else {
            throw .header(path: path, .length(found: claimed, limit: limit))
        }
        return Int(claimed)
    }

    /// Parses and checks the text of a header.
    ///
    /// - Parameters:
    ///   - text: the header without the length before it.
    ///   - dataBytes: how many bytes the file has behind the header.
    ///   - path: the file's name for error texts.
    /// - Complexity: O(n log n) in the number of tensors; memory is bounded by the text, not by what it claims.
    package init(parsing text: [UInt8], dataBytes: Int, path: String) throws(SafetensorsError) {
        let members = try SafetensorsHeader.members(of: text, path: path)
        var metadata: [String: String] = [:]
        var tensors: [TensorInfo] = []
        tensors.reserveCapacity(members.count)
        for member in members.members {
            if member.name == SafetensorsHeader.metadataName {
                metadata = try SafetensorsHeader.metadata(from: member.value, path: path)
            } else {
                do {
                    tensors.append(try TensorInfo(name: member.name, parsing: member.value))
                } catch {
                    throw .tensor(name: member.name, path: path, error)
                }
            }
        }
        let ordered = tensors.enumerated().sorted { left, right in
            let (first, second) = (left.element.byteRange, right.element.byteRange)
            return (first.lowerBound, first.upperBound, left.offset)
                < (second.lowerBound, second.upperBound, right.offset)
        }
        self.init(metadata: metadata, tensors: ordered.map(\.element), dataBytes: dataBytes)
        try checkCover(path: path)
    }

    /// The members of the header's object, after the checks of the text around it.
    private static func members(of text: [UInt8], path: String) throws(SafetensorsError) -> JSONObject {
        guard let first = text.first, first == UInt8(ascii: "{") else {
            throw .header(path: path, .start(found: text.first ?? 0))
        }
        let last = text.last { $0 != UInt8(ascii: " ") }
        guard last == UInt8(ascii: "}") else { throw .header(path: path, .trailing(found: last ?? 0)) }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text, limits: JSONLimits(depth: 4))
        } catch {
            throw .header(path: path, .notJSON(reason: error.description))
        }
        let members = value.object ?? JSONObject()
        guard members.count <= largestCount else {
            throw .header(path: path, .tooManyTensors(found: members.count, limit: largestCount))
        }
        return members
    }

    private static func metadata(from value: JSONValue, path: String) throws(SafetensorsError) -> [String: String] {
        guard case .object(let members) = value else {
            throw .header(path: path, .metadata(name: nil, found: value.kind))
        }
        var metadata: [String: String] = [:]
        for member in members.members {
            guard case .string(let text) = member.value else {
                throw .header(path: path, .metadata(name: member.name, found: member.value.kind))
            }
            // A dictionary takes two spellings of one accented letter for the same name.
            guard metadata.updateValue(text, forKey: member.name) == nil else {
                throw .header(path: path, .metadata(name: member.name, found: "second string"))
            }
        }
        return metadata
    }

    /// Checks that the tensors, which are in order, cover the data section exactly.
    private func checkCover(path: String) throws(SafetensorsError) {
        let end = tensors.reduce(0) { max($0, $1.byteRange.upperBound) }
        guard end <= dataBytes else { throw .file(path: path, .truncated(found: dataBytes, expected: end)) }
        var covered = 0
        var previous = ""
        for tensor in tensors {
            let begin = tensor.byteRange.lowerBound
            guard begin <= covered else { throw .header(path: path, .uncovered(covered..<begin)) }
            guard begin == covered else {
                throw .header(path: path, .overlap(first: previous, second: tensor.name))
            }
            covered = tensor.byteRange.upperBound
            previous = tensor.name
        }
        guard covered == dataBytes else { throw .header(path: path, .uncovered(covered..<dataBytes)) }
    }
}

extension TensorInfo {
    /// Parses and checks a header's entry for one tensor; whether the range lies in the file is checked later.
    fileprivate init(name: String, parsing entry: JSONValue) throws(SafetensorsError.TensorProblem) {
        guard case .object = entry else { throw .notAnObject(found: entry.kind) }
        guard let spelling = entry["dtype"]?.string, let elementType = ElementType(rawValue: spelling) else {
            throw .elementType(found: TensorInfo.shown(entry["dtype"]))
        }
        let shape = try TensorInfo.shape(from: entry["shape"])
        guard let expected = TensorInfo.byteCount(of: elementType, shape: shape) else {
            throw .overflow(shape: shape)
        }
        let offsets = entry["data_offsets"]?.array?.map(\.int) ?? []
        guard offsets.count == 2, let begin = offsets[0], let end = offsets[1], begin >= 0, begin <= end else {
            throw .offsets(found: TensorInfo.shown(entry["data_offsets"]))
        }
        guard end - begin == expected else { throw .size(found: end - begin, expected: expected) }
        self.init(name: name, elementType: elementType, shape: shape, byteRange: begin..<end)
    }

    private static func shape(from value: JSONValue?) throws(SafetensorsError.TensorProblem) -> [Int] {
        guard case .array(let sizes)? = value else { throw .shape(found: shown(value)) }
        guard sizes.count <= largestRank else { throw .rank(found: sizes.count, limit: largestRank) }
        var shape: [Int] = []
        for size in sizes {
            guard case .integer(let size) = size, 0...largestDimension ~= size else {
                throw .shape(found: shown(value))
            }
            shape.append(size)
        }
        return shape
    }

    /// A value for an error text: short even where a hostile file made it long.
    private static func shown(_ value: JSONValue?) -> String {
        guard let value else { return "missing" }
        let text: String
        switch value {
        case .array(let elements) where elements.count > largestRank:
            text = "an array of \(elements.count) values"
        case .object(let members): text = "an object of \(members.count) members"
        default: text = value.serialized()
        }
        return SafetensorsError.shortened(text)
    }
}
