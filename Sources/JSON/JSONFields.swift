/// What is wrong with a member of an object.
package enum JSONFieldProblem {
    /// A key is none of those that the object may have.
    case unknownKey(String, allowed: [String])
    /// A value is missing, of a wrong kind, or outside its range.
    case invalidValue(key: String, found: String, expected: String)
}

/// The members of one object, read with their kinds and ranges checked; what is wrong becomes an error of the file's own.
package struct JSONFields<Failure: Error> {
    private let members: JSONObject
    /// What stands before a key in errors: nothing, or the name of the object and a full stop.
    private let prefix: String
    private let failure: (JSONFieldProblem) -> Failure

    /// - Parameters:
    ///   - name: of the object in errors; nil for the whole.
    ///   - whole: what the whole is called in errors.
    ///   - allowed: the keys that the object may have.
    ///   - failure: the file's own errors.
    package init(
        _ json: JSONValue, name: String? = nil, whole: String = "the file", allowed: [String],
        failure: @escaping (JSONFieldProblem) -> Failure
    ) throws(Failure) {
        guard let members = json.object else {
            throw failure(.invalidValue(key: name ?? whole, found: json.kind, expected: "an object"))
        }
        prefix = name.map { "\($0)." } ?? ""
        for member in members.members where !allowed.contains(where: { ExactName($0) == ExactName(member.name) }) {
            throw failure(.unknownKey(prefix + member.name, allowed: allowed))
        }
        self.members = members
        self.failure = failure
    }

    /// Whatever is behind a key, or nil.
    package func value(_ key: String) -> JSONValue? { members[key] }

    /// What is behind a key as something that a closure makes of it; nil if nothing is there.
    package func value<Result>(
        _ key: String, _ expected: String, _ read: (JSONValue) -> Result?
    ) throws(Failure) -> Result? {
        guard let value = members[key] else { return nil }
        guard let result = read(value) else {
            throw failure(.invalidValue(key: prefix + key, found: value.excerpt, expected: expected))
        }
        return result
    }

    /// The same for something that must be there.
    package func required<Result>(
        _ key: String, _ expected: String, _ read: (JSONValue) -> Result?
    ) throws(Failure) -> Result {
        guard let result = try value(key, expected, read) else {
            throw failure(.invalidValue(key: prefix + key, found: "missing", expected: expected))
        }
        return result
    }

    /// The object behind a key, or an empty one.
    package func object(_ key: String, allowed: [String]) throws(Failure) -> JSONFields {
        try JSONFields(members[key] ?? [:], name: prefix + key, allowed: allowed, failure: failure)
    }

    /// The text behind a key.
    package func requiredText(_ key: String) throws(Failure) -> String {
        guard let text = try text(key) else {
            throw failure(.invalidValue(key: prefix + key, found: "missing", expected: "a text"))
        }
        return text
    }

    /// The text behind a key, or nil.
    package func text(_ key: String) throws(Failure) -> String? {
        try value(key, "a text that is not empty") { value in value.string.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// The text behind a key, which may be empty, or an empty one.
    package func anyText(_ key: String) throws(Failure) -> String { try value(key, "a text") { $0.string } ?? "" }

    /// The number behind a key, or the fallback.
    package func number(_ key: String, in range: ClosedRange<Double>, fallback: Double) throws(Failure) -> Double {
        try value(key, "a number from \(range.lowerBound) to \(range.upperBound)") { value in
            value.double.flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    /// The whole number behind a key, or the fallback.
    package func integer(_ key: String, fallback: Int) throws(Failure) -> Int {
        try optionalInteger(key) ?? fallback
    }

    /// The whole number behind a key, or nil.
    package func optionalInteger(_ key: String) throws(Failure) -> Int? {
        try value(key, "a whole number, 0 or above") { value in value.int.flatMap { $0 >= 0 ? $0 : nil } }
    }

    /// The choice whose name is behind a key, or the fallback.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, fallback: Choice
    ) throws(Failure) -> Choice where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(key, "one of \(names)") { $0.string.flatMap(Choice.init(rawValue:)) } ?? fallback
    }
}
