extension Interpreter {
    /// Calls a method of a text, an object or the loop; one that is not built here is refused by name.
    func call(
        _ name: String, of owner: TemplateValue, _ arguments: ArgumentValues, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        try spend(arguments.characters, line: line)
        switch owner {
        case .text(let text):
            try spend(text.count, line: line)
            return try call(name, of: text, arguments, line)
        case .map(let map):
            try spendElements(map.members.count, line: line)
            return try call(name, of: map, arguments, line)
        case .loop(let loop) where name == "cycle" && !arguments.positional.isEmpty:
            return arguments.positional[loop.index % arguments.positional.count]
        default: throw .unsupported(line: line, feature: "the method \"\(name)\" of \(owner.description)")
        }
    }

    private func call(
        _ name: String, of text: TemplateText, _ arguments: ArgumentValues, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        switch name {
        case "strip", "lstrip", "rstrip":
            try arguments.expect(atMost: 1, line)
            let characters = try arguments.optionalText(0, line)
            return .text(text.stripped(of: characters, left: name != "rstrip", right: name != "lstrip"))
        case "split":
            try arguments.expect(atMost: 2, named: ["maxsplit"], line)
            let separator = try arguments.optionalText(0, line)
            guard separator?.isEmpty != true else {
                throw .mismatch(line: line, found: "an empty separator", expected: "a longer one")
            }
            let parts = text.split(by: separator, limit: try arguments.limit(1, "maxsplit", line))
            try spendElements(parts.count, line: line)
            return .list(parts.map { .text($0) })
        case "startswith", "endswith":
            try arguments.expect(atMost: 1, line)
            let part = try arguments.text(0, line)
            return .bool(name == "startswith" ? text.starts(with: part) : text.ends(with: part))
        case "replace": return .text(try replace(text, arguments, line))
        case "join":
            try arguments.expect(atMost: 1, line)
            let parts = try elements(of: arguments.value(0) ?? .null, line)
            if let other = parts.first(where: { if case .text = $0 { false } else { true } }) {
                throw .mismatch(line: line, found: other.description, expected: "texts to join")
            }
            return .text(try join(parts, by: text, line))
        default: throw .unsupported(line: line, feature: "the method \"\(name)\" of a text")
        }
    }

    private func call(
        _ name: String, of map: TemplateMap, _ arguments: ArgumentValues, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        switch name {
        case "items": return try nested(.list(Self.items(of: map)), line)
        case "keys": return .list(map.members.map { .text($0.key) })
        case "values": return .list(map.members.map(\.value))
        case "get":
            try arguments.expect(atMost: 2, line)
            return map[try arguments.text(0, line)] ?? arguments.value(1) ?? .null
        default: throw .unsupported(line: line, feature: "the method \"\(name)\" of an object")
        }
    }

    static func items(of map: TemplateMap) -> [TemplateValue] {
        map.members.map { .list([.text($0.key), $0.value]) }
    }

    func replace(_ text: TemplateText, _ arguments: ArgumentValues, _ line: Int) throws(TemplateError) -> TemplateText {
        try arguments.expect(atMost: 3, named: ["count"], line)
        let (old, new) = (try arguments.text(0, line), try arguments.text(1, line))
        guard !old.isEmpty else { throw .unsupported(line: line, feature: "the replacement of an empty text") }
        let parts = text.split(by: old, limit: try arguments.limit(2, "count", line))
        try spend(text.count + parts.count * new.count, line: line)
        return TemplateText.joined(parts, by: new)
    }

    func join(_ elements: [TemplateValue], by separator: TemplateText, _ line: Int) throws(TemplateError)
        -> TemplateText
    {
        try spend(elements.count, line: line)
        let parts = try elements.map { element throws(TemplateError) in try printed(element, line) }
        try spend(parts.reduce(0) { $0 + $1.count + separator.count }, line: line)
        return TemplateText.joined(parts, by: separator)
    }
}
