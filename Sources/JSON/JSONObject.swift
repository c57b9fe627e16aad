/// The members of a JSON object, in the order of the text.
///
/// Names are compared by their bytes, as the format and the vocabularies of tokenizers need it; `String` itself would
/// take "é" and "e" with a combining accent for the same name.
public struct JSONObject: Sendable, Hashable {
    /// One name with its value.
    public struct Member: Sendable, Hashable {
        /// The name, without quotes or escapes.
        public let name: String
        /// What stands behind the colon.
        public let value: JSONValue
    }

    /// All members, first to last.
    public private(set) var members: [Member] = []
    private var positions: [ExactName: Int] = [:]

    /// An object without members.
    public init() {}

    /// How many members there are.
    public var count: Int { members.count }

    /// The value behind a name, or nil.
    public subscript(name: String) -> JSONValue? {
        positions[ExactName(name)].map { members[$0].value }
    }

    /// Adds a member at the end and returns true; returns false, and changes nothing, if the name is there already.
    public mutating func append(_ name: String, _ value: JSONValue) -> Bool {
        let key = ExactName(name)
        if let earlier = positions.updateValue(members.count, forKey: key) {
            positions[key] = earlier
            return false
        }
        members.append(Member(name: name, value: value))
        return true
    }

    /// Replaces the value behind a name, or adds the member at the end.
    public mutating func set(_ name: String, _ value: JSONValue) {
        if let position = positions[ExactName(name)] {
            members[position] = Member(name: name, value: value)
        } else {
            _ = append(name, value)
        }
    }

    /// Removes the member of this name, if there is one.
    public mutating func remove(_ name: String) {
        guard let position = positions.removeValue(forKey: ExactName(name)) else { return }
        members.remove(at: position)
        for (key, place) in positions where place > position { positions[key] = place - 1 }
    }

    /// Two objects are equal if they hold the same members in any order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }

    /// Hashes what equality looks at: the number of members stands for all of them.
    public func hash(into hasher: inout Hasher) { hasher.combine(count) }
}

/// A string whose equality is that of its UTF-8 bytes.
public struct ExactName: Hashable, Sendable {
    /// The string as it was given.
    public let string: String

    /// Wraps a string.
    public init(_ string: String) { self.string = string }

    /// Whether both hold the same bytes.
    public static func == (left: ExactName, right: ExactName) -> Bool {
        var (left, right) = (left.string, right.string)
        return left.withUTF8 { left in right.withUTF8 { left.elementsEqual($0) } }
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        var copy = string
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
