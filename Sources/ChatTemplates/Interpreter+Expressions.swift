extension Interpreter {
    /// The value of an expression.
    func evaluate(_ expression: Expression) throws(TemplateError) -> TemplateValue {
        let line = expression.line
        try spend(1, line: line)
        try enter(line: line)
        defer { leave() }
        switch expression.kind {
        case .value(let literal): return TemplateValue(literal)
        case .name(let name): return try known(name, line)
        case .list(let elements): return try nested(.list(try evaluate(elements)), line)
        case .map(let members): return try map(members, line)
        case .attribute(let owner, let name): return try attribute(name, of: try evaluate(owner), line)
        case .item(let owner, let place): return try item(try evaluate(place), of: try evaluate(owner), line)
        case .slice(let owner, let start, let stop, let step):
            return try slice(
                try evaluate(owner), try bound(start), try bound(stop), try bound(step), line)
        case .call(let callee, let arguments): return try call(callee, arguments, line)
        case .filter(let value, let filter, let arguments):
            return try apply(filter, to: try evaluate(value), try evaluate(arguments), line)
        case .test(let value, let test, let arguments, let isNegated):
            let arguments = try evaluate(arguments.all)
            return .bool(try passes(try evaluate(value), test, arguments, line) != isNegated)
        case .negative(let value): return try negative(try evaluate(value), line)
        case .not(let value): return .bool(try !evaluate(value).isTrue)
        case .and(let left, let right):
            let left = try evaluate(left)
            return left.isTrue ? try evaluate(right) : left
        case .or(let left, let right):
            let left = try evaluate(left)
            return left.isTrue ? left : try evaluate(right)
        case .arithmetic(let left, let sign, let right):
            return try arithmetic(try evaluate(left), sign, try evaluate(right), line)
        case .comparison(let first, let others): return try compare(first, others)
        case .choice(let value, let condition, let otherwise):
            if try evaluate(condition).isTrue { return try evaluate(value) }
            return try otherwise.map { otherwise throws(TemplateError) in try evaluate(otherwise) }
                ?? .undefined("the value of an if without else")
        }
    }

    private func known(_ name: String, _ line: Int) throws(TemplateError) -> TemplateValue {
        let value = value(of: name)
        if case .undefined = value, Self.unsupportedNames.contains(name) {
            throw .unsupported(line: line, feature: "the name \"\(name)\"")
        }
        return value
    }

    /// What Jinja knows without being told.
    private static let unsupportedNames: Set = ["joiner", "cycler", "lipsum", "varargs", "kwargs", "caller"]

    private func evaluate(_ expressions: [Expression]) throws(TemplateError) -> [TemplateValue] {
        try expressions.map { expression throws(TemplateError) in try evaluate(expression) }
    }

    /// The values of arguments.
    private func evaluate(_ arguments: Expression.Arguments) throws(TemplateError) -> ArgumentValues {
        ArgumentValues(
            positional: try evaluate(arguments.positional),
            named: try arguments.named.map { argument throws(TemplateError) in
                (argument.name, try evaluate(argument.value))
            })
    }

    private func map(_ members: [(key: Expression, value: Expression)], _ line: Int) throws(TemplateError)
        -> TemplateValue
    {
        var map = TemplateMap()
        for member in members {
            let key = try evaluate(member.key)
            guard case .text(let text) = key else {
                throw .mismatch(line: line, found: key.description, expected: "a text as a key")
            }
            try spend(text.count, line: line)
            map[text] = try evaluate(member.value)
        }
        return try nested(.map(map), line)
    }

    /// The same value, if lists and objects in it do not nest too deep for the stack.
    func nested(_ value: TemplateValue, _ line: Int, depth: Int = 0) throws(TemplateError) -> TemplateValue {
        try spend(1, line: line)
        guard depth <= TemplateLimits.nesting else {
            throw .limit(line: line, resource: "lists and objects inside each other", limit: TemplateLimits.nesting)
        }
        switch value {
        case .list(let elements), .generator(let elements):
            for element in elements { _ = try nested(element, line, depth: depth + 1) }
        case .map(let map): for member in map.members { _ = try nested(member.value, line, depth: depth + 1) }
        default: break
        }
        return value
    }

    private func compare(_ first: Expression, _ others: [(ComparisonOperator, Expression)]) throws(TemplateError)
        -> TemplateValue
    {
        var left = try evaluate(first)
        for (comparison, expression) in others {
            let right = try evaluate(expression)
            guard try holds(left, comparison, right, expression.line) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    // MARK: Parts of values

    /// What stands behind a dot: methods hide members of an object, as in Jinja.
    func attribute(_ name: String, of owner: TemplateValue, _ line: Int) throws(TemplateError) -> TemplateValue {
        switch owner {
        case .undefined(let missing): throw .undefined(line: line, name: missing)
        case .text where TemplateText.methods.contains(name): return .method(name)
        case .map where Self.mapMethods.contains(name), .list where Self.listMethods.contains(name):
            return .method(name)
        case .map where Self.changers.contains(name), .list where Self.changers.contains(name):
            return .undefined("\"\(name)\", which would change a value,")
        case .loop where name == "cycle" || name == "changed": return .method(name)
        case .map(let map): return map[TemplateText(name)] ?? .undefined("\"\(name)\"")
        case .namespace(let number): return value(of: name, inNamespace: number) ?? .undefined("\"\(name)\"")
        case .loop(let loop): return loop[name] ?? .undefined("loop.\(name)")
        default: return .undefined("\"\(name)\"")
        }
    }

    private static let mapMethods: Set = ["copy", "fromkeys", "get", "items", "keys", "values"]
    private static let listMethods: Set = ["copy", "count", "index"]
    private static let changers: Set = [
        "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
    ]

    /// What stands in brackets: members of an object come before its methods.
    private func item(_ place: TemplateValue, of owner: TemplateValue, _ line: Int) throws(TemplateError)
        -> TemplateValue
    {
        switch (owner, place) {
        case (.undefined(let missing), _): throw .undefined(line: line, name: missing)
        case (.map(let map), .text(let key)):
            try spend(key.count, line: line)
            if let value = map[key] { return value }
            return try attribute(key.string, of: owner, line)
        case (_, .text(let key)):
            try spend(key.count, line: line)
            return try attribute(key.string, of: owner, line)
        case (.list(let elements), _):
            guard let index = position(place, in: elements.count) else { return .undefined("an element of the list") }
            return elements[index]
        case (.text(let text), _):
            guard let index = position(place, in: text.count) else { return .undefined("a character of the text") }
            return .text(TemplateText(units: text.units[index..<index + 1]))
        default: return .undefined("an element of \(owner.description)")
        }
    }

    /// The index that a number means; negative ones count from the end.
    private func position(_ place: TemplateValue, in count: Int) -> Int? {
        guard let whole = place.whole, whole >= -count, whole < count else { return nil }
        return whole < 0 ? whole + count : whole
    }

    private func bound(_ expression: Expression?) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        switch try evaluate(expression) {
        case .null: return nil
        case let value:
            if let whole = value.whole { return whole }
            throw .mismatch(line: expression.line, found: value.description, expected: "a whole number")
        }
    }

    private func slice(
        _ owner: TemplateValue, _ start: Int?, _ stop: Int?, _ step: Int?, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        let step = step ?? 1
        guard step != 0, step != .min else { throw .mismatch(line: line, found: "\(step)", expected: "another step") }
        func indices(_ count: Int) -> StrideTo<Int> {
            func clamped(_ bound: Int?, usual: Int) -> Int {
                guard let bound else { return usual }
                let place = bound < 0 ? max(bound, -count - 1) + count : bound
                return step > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
            }
            let first = clamped(start, usual: step > 0 ? 0 : count - 1)
            return stride(from: first, to: clamped(stop, usual: step > 0 ? count : -1), by: step)
        }
        switch owner {
        case .undefined(let missing): throw .undefined(line: line, name: missing)
        case .text(let text):
            try spend(text.count, line: line)
            return .text(TemplateText(units: indices(text.count).map { text.units[$0] }))
        case .list(let elements):
            try spendElements(elements.count, line: line)
            return .list(indices(elements.count).map { elements[$0] })
        default: throw .mismatch(line: line, found: owner.description, expected: "a text or a list")
        }
    }

    // MARK: Calls

    private func call(
        _ callee: Expression, _ arguments: Expression.Arguments, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        if case .attribute(let owner, let name) = callee.kind {
            let owner = try evaluate(owner)
            if case .method = try attribute(name, of: owner, line) {
                return try call(name, of: owner, try evaluate(arguments), line)
            }
        }
        switch try evaluate(callee) {
        case .undefined(let name): throw .undefined(line: line, name: "\(name), which is called,")
        case .function(let function): return try call(function, try evaluate(arguments), line)
        case .macro(let macro):
            let values = try evaluate(arguments)
            return try call(macro, values.positional, values.named, line: line)
        case let value: throw .mismatch(line: line, found: value.description, expected: "a function")
        }
    }

    private func call(
        _ function: TemplateFunction, _ arguments: ArgumentValues, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        try spend(arguments.characters, line: line)
        switch function {
        case .namespace, .dict:
            guard arguments.positional.isEmpty else {
                throw .unsupported(line: line, feature: "\(function.rawValue) of a value without a name")
            }
            return try function == .dict ? nested(arguments.map, line) : namespace(arguments.named, line: line)
        case .range: return try range(arguments, line)
        case .raiseException:
            let message = try printed(arguments.positional.first ?? .undefined("the message"), line).string
            throw .raised(line: line, message: message)
        case .timeNow:
            let format = try arguments.text(0, line)
            guard !format.hasGiven else {
                throw .unsupported(line: line, feature: "a date format that the messages give")
            }
            guard let formatted = date?.formatted(format.string) else {
                throw .unsupported(line: line, feature: "the date format \"\(format.string)\"")
            }
            return .text(TemplateText(formatted))
        }
    }

    private func range(_ arguments: ArgumentValues, _ line: Int) throws(TemplateError) -> TemplateValue {
        let bounds = arguments.positional.map(\.whole)
        guard (1...3).contains(bounds.count), arguments.named.isEmpty, !bounds.contains(nil) else {
            throw .mismatch(line: line, found: "other arguments", expected: "range of one to three whole numbers")
        }
        let numbers = bounds.compactMap { $0 }
        let (start, stop) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
        let step = numbers.count == 3 ? numbers[2] : 1
        let limit = 100_000  // that of Jinja's sandbox
        guard step != 0, [start, stop, step].allSatisfy({ $0.magnitude < 1 << 60 }) else {
            throw .mismatch(line: line, found: "\(step)", expected: "another step or smaller bounds")
        }
        let length = max(0, (stop - start + step - step.signum()) / step)
        guard length <= limit else { throw .limit(line: line, resource: "elements of a range", limit: limit) }
        try spendElements(length, line: line)
        return .list(stride(from: start, to: stop, by: step).map { .integer($0) })
    }
}
