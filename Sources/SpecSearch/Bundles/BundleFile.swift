internal import JSON

/// The members of one object of a `bundle.json`, read with their kinds and ranges checked.
struct BundleFile {
    private let members: JSONObject
    /// What stands before a key in errors: nothing, or the name of the object and a full stop.
    private let prefix: String

    /// - Parameter allowed: the keys that the object may have.
    /// - Throws: `BundleError.invalidValue` if the value is no object, `.unknownKey` for another key.
    init(_ json: JSONValue, name: String? = nil, allowed: [String]) throws(BundleError) {
        guard let members = json.object else {
            throw .invalidValue(key: name ?? "the file", found: json.kind, expected: "an object")
        }
        prefix = name.map { "\($0)." } ?? ""
        for member in members.members where !allowed.contains(where: { ExactName($0) == ExactName(member.name) }) {
            throw .unknownKey(prefix + member.name, allowed: allowed)
        }
        self.members = members
    }

    /// Whatever is behind a key, or nil.
    func value(_ key: String) -> JSONValue? { members[key] }

    /// The object behind a key, or an empty one.
    func object(_ key: String, allowed: [String]) throws(BundleError) -> BundleFile {
        try BundleFile(members[key] ?? [:], name: prefix + key, allowed: allowed)
    }

    /// The text behind a key.
    func requiredText(_ key: String) throws(BundleError) -> String {
        guard let text = try text(key) else {
            throw .invalidValue(key: prefix + key, found: "missing", expected: "a text")
        }
        return text
    }

    /// The text behind a key, or nil.
    func text(_ key: String) throws(BundleError) -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value.string, !text.isEmpty else {
            throw .invalidValue(key: prefix + key, found: value.excerpt, expected: "a text that is not empty")
        }
        return text
    }

    /// The number behind a key, or the fallback.
    func number(_ key: String, in range: ClosedRange<Double>, fallback: Double) throws(BundleError) -> Double {
        guard let value = members[key] else { return fallback }
        guard let number = value.double, range.contains(number) else {
            throw .invalidValue(
                key: prefix + key, found: value.excerpt,
                expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The whole number behind a key, or the fallback.
    func integer(_ key: String, fallback: Int) throws(BundleError) -> Int {
        guard let value = members[key] else { return fallback }
        guard let number = value.int, number >= 0 else {
            throw .invalidValue(
                key: prefix + key, found: value.excerpt, expected: "a whole number, 0 or above")
        }
        return number
    }
}
