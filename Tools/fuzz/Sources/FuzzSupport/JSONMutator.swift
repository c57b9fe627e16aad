import FuzzHooks
import JSON

/// Changes a JSON text in the terms of the format, so that most inputs get past the JSON parser.
///
/// Places are chosen from the root down, so that a small section is met as often as one with thousands of members.
public struct JSONMutator {
    private static let numbers: [JSONValue] = [
        0, 1, 2, -1, 3, 7, 8, 64, 255, 256, 65_536, 1_000_000_007, .integer(.max), .integer(.min), 0.5, 1e300, 1e-300,
        .number(-0.0),
    ]

    /// Strings that mean something to the parser.
    private let words: [String]
    private var source: MutationSource

    public init(words: [String], seed: CUnsignedInt) {
        self.words = words
        source = MutationSource(seed: seed)
    }

    /// Mutates the input in place, as `LLVMFuzzerCustomMutator` must, and gives back the new size.
    public static func mutate(
        _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, maximum: Int, seed: CUnsignedInt, words: [String]
    ) -> Int {
        var mutator = JSONMutator(words: words, seed: seed)
        let text = UnsafeRawBufferPointer(start: bytes, count: count)
        guard !mutator.source.chance(of: 16), let value = try? JSONValue(parsing: text) else {
            return LLVMFuzzerMutate(bytes, count, maximum)
        }
        var mutated = value
        for _ in 0...mutator.source.below(3) { mutated = mutator.changed(mutated, within: value) }
        let result = Array(mutated.serialized().utf8)
        guard result.count <= maximum else { return LLVMFuzzerMutate(bytes, count, maximum) }
        _ = UnsafeMutableBufferPointer(start: bytes, count: maximum).update(fromContentsOf: result)
        return result.count
    }

    /// The value with one change somewhere in it.
    private mutating func changed(_ value: JSONValue, within root: JSONValue) -> JSONValue {
        if !source.chance(of: 4) {
            switch value {
            case .array(var elements) where !elements.isEmpty:
                let place = source.below(elements.count)
                elements[place] = changed(elements[place], within: root)
                return .array(elements)
            case .object(var object) where object.count > 0:
                let member = object.members[source.below(object.count)]
                object.set(member.name, changed(member.value, within: root))
                return .object(object)
            default: break
            }
        }
        return replaced(value, within: root)
    }

    private mutating func replaced(_ value: JSONValue, within root: JSONValue) -> JSONValue {
        switch (value, source.below(4)) {
        case (.array(let elements), 0...2): .array(rearranged(elements))
        case (.object(let object), 0...2): .object(rearranged(object))
        case (.string(let text), 0...2): .string(spelled(text))
        case (.integer, 0...2), (.number, 0...2): source.element(Self.numbers) ?? .null
        case (.bool(let flag), 0...2): .bool(!flag)
        default: anything(within: root)
        }
    }

    /// A part of the same text, or something of another kind.
    private mutating func anything(within root: JSONValue) -> JSONValue {
        if source.chance(of: 2) {
            var part = root
            while !source.chance(of: 4), let inner = source.element(part.parts) { part = inner }
            return part
        }
        return source.element([.null, true, "", [], [:], "a", -1, 1.5]) ?? .null
    }

    private mutating func rearranged(_ elements: [JSONValue]) -> [JSONValue] {
        var elements = elements
        guard !elements.isEmpty else { return [anything(within: .array(elements))] }
        let (first, second) = (source.below(elements.count), source.below(elements.count))
        switch source.below(3) {
        case 0: elements.remove(at: first)
        case 1: elements.insert(elements[first], at: second)
        default: elements.swapAt(first, second)
        }
        return elements
    }

    private mutating func rearranged(_ object: JSONObject) -> JSONObject {
        guard object.count > 0 else { return object.adding(source.element(words) ?? "a", .null) }
        let place = source.below(object.count)
        let member = object.members[place]
        switch source.below(3) {
        case 0: return object.replacing(place, nil, member.value)
        case 1: return object.adding(source.element(words) ?? "a", member.value)
        default: return object.replacing(place, spelled(member.name), member.value)
        }
    }

    private mutating func spelled(_ text: String) -> String {
        if let word = source.element(words), source.chance(of: 2) { return word }
        let bytes = Array(text.utf8)
        let capacity = bytes.count + 8
        let mutated = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            _ = buffer.update(fromContentsOf: bytes)
            count = LLVMFuzzerMutate(buffer.baseAddress!, bytes.count, capacity)
        }
        return String(decoding: mutated, as: UTF8.self)
    }
}

extension JSONValue {
    /// The values directly inside of it.
    fileprivate var parts: [JSONValue] { array ?? object?.members.map(\.value) ?? [] }
}

extension JSONObject {
    /// With another member in a place, or with none if the name is nil.
    fileprivate func replacing(_ place: Int, _ name: String?, _ value: JSONValue) -> JSONObject {
        var result = JSONObject()
        for (index, member) in members.enumerated() {
            if index != place {
                _ = result.append(member.name, member.value)
            } else if let name {
                _ = result.append(name, value)
            }
        }
        return result
    }

    fileprivate func adding(_ name: String, _ value: JSONValue) -> JSONObject {
        var result = self
        result.set(name, value)
        return result
    }
}
