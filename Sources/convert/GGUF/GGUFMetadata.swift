import GGUF

/// The metadata of a GGUF file, read with their kinds checked.
struct GGUFMetadata {
    /// The file, for error texts.
    let path: String
    private let values: [String: GGUFValue]

    init(_ file: GGUFFile) {
        path = file.path
        values = file.header.metadata
    }

    /// A whole number in a range; `fallback` if there is none, and an error if there is no fallback either.
    func integer(_ key: String, in range: ClosedRange<Int>, fallback: Int? = nil) throws(ConvertError) -> Int {
        guard let value = values[key] else {
            if let fallback { return fallback }
            throw problem(key, "is missing")
        }
        guard case .integer(let integer) = value, range.contains(integer) else {
            throw problem(
                key, "is \(value.kind), expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    /// A number; nil if there is none.
    func number(_ key: String) throws(ConvertError) -> Double? {
        guard let value = values[key] else { return nil }
        guard case .number(let number) = value, number.isFinite else {
            throw problem(key, "is \(value.kind), expected a number")
        }
        // A float's shortest form, as people wrote it: 1e-05, not 9.999999747378752e-06.
        return Double("\(Float(number))")
    }

    /// A text; nil if there is none.
    func text(_ key: String) throws(ConvertError) -> String? {
        guard let value = values[key] else { return nil }
        guard case .string(let text) = value else { throw problem(key, "is \(value.kind), expected a text") }
        return text
    }

    /// True or false; nil if it does not say.
    func flag(_ key: String) throws(ConvertError) -> Bool? {
        guard let value = values[key] else { return nil }
        guard case .bool(let flag) = value else { throw problem(key, "is \(value.kind), expected true or false") }
        return flag
    }

    /// A list of texts.
    func texts(_ key: String) throws(ConvertError) -> [String] {
        guard case .strings(let texts)? = values[key] else { throw problem(key, "is no list of texts") }
        return texts
    }

    /// A list of whole numbers.
    func integers(_ key: String) throws(ConvertError) -> [Int] {
        guard case .integers(let integers)? = values[key] else { throw problem(key, "is no list of whole numbers") }
        return integers
    }

    /// A list of numbers.
    func numbers(_ key: String) throws(ConvertError) -> [Double] {
        guard case .numbers(let numbers)? = values[key] else { throw problem(key, "is no list of numbers") }
        return numbers
    }

    /// Whether there is such an entry.
    func has(_ key: String) -> Bool { values[key] != nil }

    /// An error about an entry.
    func problem(_ key: String, _ problem: String) -> ConvertError {
        .gguf(
            .metadata(path: path, key: key, problem: "\(problem). Get the model in another form, or convert it anew."))
    }
}
