internal import JSON

/// The fields of a `config.json`, read with their ranges checked.
struct ConfigurationFile {
    /// The whole file.
    let json: JSONValue

    /// A whole number in a range; `fallback` if the field is missing or null, and an error if there is none.
    func integer(_ name: String, in range: ClosedRange<Int>, fallback: Int? = nil) throws(LoadError) -> Int {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        let field = present(name)
        guard let value = field.map(\.int) ?? fallback, range.contains(value) else {
            throw .invalidField(
                name: name, found: field?.excerpt ?? fallback.map { "missing and would be \($0)" } ?? "missing",
                expected: expected)
        }
        return value
    }

    /// A finite number in a range.
    func number(
        _ name: String, in range: ClosedRange<Double>, fallback: Double? = nil
    ) throws(LoadError) -> Double {
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
        let field = present(name)
        guard let value = field.map(\.double) ?? fallback, range.contains(value) else {
            throw .invalidField(
                name: name, found: field?.excerpt ?? fallback.map { "missing and would be \($0)" } ?? "missing",
                expected: expected)
        }
        return value
    }

    /// True or false.
    func boolean(_ name: String, fallback: Bool) throws(LoadError) -> Bool {
        guard let field = present(name) else { return fallback }
        guard let value = field.bool else {
            throw .invalidField(name: name, found: field.excerpt, expected: "true or false")
        }
        return value
    }

    /// One token id or a list of them; empty if the field is missing or null.
    func tokens(_ name: String) throws(LoadError) -> [Int32] {
        guard let field = present(name) else { return [] }
        var tokens: [Int32] = []
        for element in field.array ?? [field] {
            guard let value = element.int, value >= 0, let token = Int32(exactly: value) else {
                throw .invalidField(name: name, found: field.excerpt, expected: "a token id or a list of them")
            }
            tokens.append(token)
        }
        return tokens
    }

    /// A list of whole numbers in a range; empty if the field is missing or null.
    func integers(_ name: String, in range: ClosedRange<Int>) throws(LoadError) -> [Int] {
        let field = present(name) ?? []
        let numbers = field.array?.compactMap(\.int) ?? []
        guard let array = field.array, numbers.count == array.count, numbers.allSatisfy(range.contains) else {
            throw .invalidField(
                name: name, found: field.excerpt,
                expected: "whole numbers from \(range.lowerBound) to \(range.upperBound)")
        }
        return numbers
    }

    /// The members of an object; an object without any if the field is missing or null.
    func section(_ name: String) throws(LoadError) -> ConfigurationFile {
        let field = present(name) ?? [:]
        guard field.object != nil else {
            throw .invalidField(name: name, found: field.excerpt, expected: "an object")
        }
        return ConfigurationFile(json: field)
    }

    /// Refuses the file if a field is there and is neither null nor one of the values that change nothing.
    func refuse(_ name: String, unless harmless: [JSONValue]) throws(LoadError) {
        guard let field = present(name), !harmless.contains(field) else { return }
        let supported = harmless.map { $0.serialized() }.joined(separator: ", ")
        throw .unsupportedField(
            name: name, found: field.excerpt, supported: supported.isEmpty ? "leaving it out" : supported)
    }

    /// The field, if it is there and not null.
    func present(_ name: String) -> JSONValue? {
        guard let field = json[name], field != .null else { return nil }
        return field
    }
}
