extension Interpreter {
    /// What a filter makes of a value.
    func apply(
        _ filter: Filter, to value: TemplateValue, _ arguments: ArgumentValues, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        try spend(arguments.characters, line: line)
        switch filter {
        case .select, .reject, .selectattr, .rejectattr: return try choose(value, filter, arguments, line)
        case .map:
            try arguments.expect(atMost: 0, named: ["attribute"], line)
            guard case .text(let path) = arguments.value(0, "attribute") else {
                throw .unsupported(line: line, feature: "the filter \"map\" without attribute")
            }
            let names = path.split(by: TemplateText("."))
            return .generator(
                try elements(of: value, line).map { element throws(TemplateError) in
                    try spendElements(1, line: line)
                    try spend(path.count, line: line)
                    return try attribute(names, of: element, line)
                })
        case .usual, .d:
            try arguments.expect(atMost: 2, named: ["default_value", "boolean"], line)
            let other = arguments.value(0, "default_value") ?? .text(TemplateText())
            if case .undefined = value { return other }
            return arguments.value(1, "boolean")?.isTrue == true && !value.isTrue ? other : value
        case .tojson: return .text(try json(value, arguments, line))
        case .join:
            try arguments.expect(atMost: 1, named: ["d"], line)
            let separator = try printed(arguments.value(0, "d") ?? .text(TemplateText()), line)
            return .text(try join(try elements(of: value, line), by: separator, line))
        case .replace: return .text(try replace(try printed(value, line), arguments, line))
        case .trim:
            try arguments.expect(atMost: 1, line)
            let text = try printed(value, line)
            try spend(text.count, line: line)
            return .text(text.stripped(of: try arguments.optionalText(0, line)))
        case .length, .count, .items, .first, .last, .list, .string, .safe:
            try arguments.expect(atMost: 0, line)
            return try apply(filter, to: value, line)
        }
    }

    private func apply(_ filter: Filter, to value: TemplateValue, _ line: Int) throws(TemplateError) -> TemplateValue {
        switch (filter, value) {
        case (.string, _), (.safe, _): return .text(try printed(value, line))
        case (.length, .text(let text)), (.count, .text(let text)): return .integer(text.count)
        case (.length, .map(let map)), (.count, .map(let map)): return .integer(map.members.count)
        case (.length, .generator), (.count, .generator), (.last, .generator):
            throw .mismatch(line: line, found: value.description, expected: "a list; put |list before it")
        case (.length, _), (.count, _): return .integer(try elements(of: value, line).count)
        case (.first, _): return try elements(of: value, line).first ?? .undefined("the first element")
        case (.last, _): return try elements(of: value, line).last ?? .undefined("the last element")
        case (.items, .undefined): return .generator([])
        case (.items, .map(let map)):
            try spendElements(2 * map.members.count, line: line)
            return .generator(Self.items(of: map))
        case (.items, _): throw .mismatch(line: line, found: value.description, expected: "an object")
        default: return .list(try elements(of: value, line))
        }
    }

    /// The elements that pass a test, or do not, themselves or by one of their attributes.
    private func choose(
        _ value: TemplateValue, _ filter: Filter, _ arguments: ArgumentValues, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        let readsAttribute = filter == .selectattr || filter == .rejectattr
        let keeps = filter == .select || filter == .selectattr
        let path = readsAttribute ? try arguments.text(0, line) : TemplateText()
        let names = readsAttribute ? path.split(by: TemplateText(".")) : []
        let rest = Array(arguments.positional.dropFirst(readsAttribute ? 1 : 0))
        try arguments.expect(atMost: .max, line)
        var test: ValueTest?
        if let first = rest.first {
            let name = try printed(first, line).string
            guard let known = ValueTest(rawValue: name) else {
                throw .unsupported(line: line, feature: "the test \"\(name)\"")
            }
            test = known
        }
        var kept: [TemplateValue] = []
        for element in try elements(of: value, line) {
            try spendElements(1, line: line)
            try spend(path.count, line: line)
            let found = try attribute(names, of: element, line)
            let passes = try test.map { test throws(TemplateError) in
                try self.passes(found, test, Array(rest.dropFirst()), line)
            }
            if passes ?? found.isTrue == keeps { kept.append(element) }
        }
        return .generator(kept)
    }

    /// What a path such as `function.name` leads to; the value itself for a path without names.
    private func attribute(
        _ path: [TemplateText], of value: TemplateValue, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        var value = value
        for name in path {
            if case .map(let map) = value, let member = map[name] {
                value = member
            } else {
                value = try attribute(name.string, of: value, line)
            }
        }
        return value
    }

    private func json(
        _ value: TemplateValue, _ arguments: ArgumentValues, _ line: Int
    ) throws(TemplateError) -> TemplateText {
        try arguments.expect(atMost: 0, named: ["indent", "ensure_ascii"], line)
        if let ascii = arguments.value(0, "ensure_ascii"), ascii.isTrue {
            throw .unsupported(line: line, feature: "tojson with ensure_ascii")
        }
        var indent: Int?
        if let wanted = arguments.value(0, "indent") {
            guard let blanks = wanted.whole, (0...16).contains(blanks) else {
                throw .mismatch(line: line, found: wanted.description, expected: "an indentation of 0 to 16 blanks")
            }
            indent = blanks
        }
        var form = JSONForm(indent: indent, line: line, interpreter: self)
        try form.write(value)
        return form.text
    }
}
