/// What a function, a method or a filter is given.
struct ArgumentValues {
    let positional: [TemplateValue]
    let named: [(name: String, value: TemplateValue)]

    /// Characters of all arguments that are texts: what looking at each of them takes.
    var characters: Int {
        (positional + named.map(\.value)).reduce(0) { sum, value in
            if case .text(let text) = value { sum + text.count } else { sum }
        }
    }

    /// The argument at a place or with a name, or nil.
    func value(_ place: Int, _ name: String? = nil) -> TemplateValue? {
        place < positional.count ? positional[place] : named.first { $0.name == name }?.value
    }

    /// The argument at a place, which must be a text.
    func text(_ place: Int, _ line: Int) throws(TemplateError) -> TemplateText {
        let found = value(place)
        guard case .text(let text) = found else {
            throw .mismatch(
                line: line, found: found?.description ?? "no argument", expected: "a text as argument \(place + 1)")
        }
        return text
    }

    /// The same, where there may be none.
    func optionalText(_ place: Int, _ line: Int) throws(TemplateError) -> TemplateText? {
        switch value(place) {
        case nil, .null: return nil
        default: return try text(place, line)
        }
    }

    /// The whole number at a place; negative ones mean that there is no limit.
    func limit(_ place: Int, _ name: String, _ line: Int) throws(TemplateError) -> Int? {
        guard let value = value(place, name) else { return nil }
        guard let whole = value.whole else {
            throw .mismatch(line: line, found: value.description, expected: "a whole number")
        }
        return whole < 0 ? nil : whole
    }

    /// Refuses arguments that would not be looked at.
    func expect(atMost count: Int, named names: Set<String> = [], _ line: Int) throws(TemplateError) {
        guard positional.count <= count, named.allSatisfy({ names.contains($0.name) }) else {
            let found = named.first { !names.contains($0.name) }.map { "the argument \($0.name)" }
            throw .unsupported(line: line, feature: found ?? "a call with \(positional.count) arguments")
        }
    }

    /// The named ones as an object.
    var map: TemplateValue {
        var map = TemplateMap()
        for (name, value) in named { map[TemplateText(name)] = value }
        return .map(map)
    }
}
