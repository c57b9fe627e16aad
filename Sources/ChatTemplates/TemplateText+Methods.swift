/// What Python's `str` does, on texts that remember who gave them.
extension TemplateText {
    /// The methods of Python's `str`; those that are not built here are known all the same, to be refused by name.
    static let methods: Set = [
        "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format", "format_map",
        "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
        "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "maketrans", "partition",
        "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip",
        "split",
        "splitlines", "startswith", "strip", "swapcase", "title", "translate", "upper", "zfill",
    ]

    /// Without certain characters, or white space, at its ends.
    func stripped(of characters: TemplateText? = nil, left: Bool = true, right: Bool = true) -> TemplateText {
        let dropped = characters.map { Set($0.units.lazy.map(Self.scalar)) }
        func isDropped(_ unit: UInt32) -> Bool {
            let scalar = Self.scalar(unit)
            return dropped?.contains(scalar) ?? scalar.isPythonSpace
        }
        var rest = units[...]
        if left { rest = rest.drop(while: isDropped) }
        if right { while let last = rest.last, isDropped(last) { rest.removeLast() } }
        return TemplateText(units: rest)
    }

    /// The parts between separators; those between runs of white space if there is no separator.
    func split(by separator: TemplateText?, limit: Int? = nil) -> [TemplateText] {
        guard let separator else { return splitAtSpaces(limit: limit) }
        let search = TextSearch(separator)
        var parts: [TemplateText] = []
        var start = 0
        while parts.count < limit ?? .max, let found = search.first(in: self, from: start) {
            parts.append(TemplateText(units: units[start..<found.lowerBound]))
            start = found.upperBound
        }
        return parts + [TemplateText(units: units[start...])]
    }

    private func splitAtSpaces(limit: Int?) -> [TemplateText] {
        var parts: [TemplateText] = []
        var rest = units[...].drop { Self.scalar($0).isPythonSpace }
        while !rest.isEmpty {
            let end = rest.firstIndex { Self.scalar($0).isPythonSpace } ?? rest.endIndex
            guard parts.count < limit ?? .max else {
                return parts + [TemplateText(units: rest)]
            }
            parts.append(TemplateText(units: rest[..<end]))
            rest = rest[end...].drop { Self.scalar($0).isPythonSpace }
        }
        return parts
    }

    /// With another text in place of each occurrence of one that is not empty.
    func replacing(_ old: TemplateText, with new: TemplateText, limit: Int? = nil) -> TemplateText {
        TemplateText.joined(split(by: old, limit: limit), by: new)
    }

    static func joined(_ parts: [TemplateText], by separator: TemplateText) -> TemplateText {
        TemplateText(units: parts.lazy.map(\.units).joined(separator: separator.units))
    }

    func ends(with other: TemplateText) -> Bool { starts(with: other, at: count - other.count) }

    /// Whether it comes before another text in the order of Unicode.
    func precedes(_ other: TemplateText) -> Bool {
        units.lazy.map(Self.scalar).lexicographicallyPrecedes(other.units.lazy.map(Self.scalar))
    }
}
