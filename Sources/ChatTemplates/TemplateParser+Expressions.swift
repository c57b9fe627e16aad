extension TemplateParser {
    /// Parses an expression with its condition: `a if b else c`.
    mutating func parseExpression() throws(TemplateError) -> Expression {
        openExpressions += 1
        defer { openExpressions -= 1 }
        guard openExpressions <= TemplateLimits.brackets else {
            throw .limit(
                line: line, resource: "brackets and conditions inside each other", limit: TemplateLimits.brackets)
        }
        let line = line
        var value = try parseOr()
        while takes(.name("if")) {
            let condition = try parseOr()
            let otherwise = takes(.name("else")) ? try parseExpression() : nil
            value = try Expression(
                .choice(value, condition: condition, otherwise: otherwise), line: line,
                parts: [value, condition] + (otherwise.map { [$0] } ?? []))
        }
        return value
    }

    /// Parses one expression, or several with commas between them as a list.
    mutating func parseTuple() throws(TemplateError) -> Expression {
        let line = line
        let first = try parseExpression()
        guard token == .symbol(",") else { return first }
        var elements = [first]
        while takes(symbol: ","), startsExpression { elements.append(try parseExpression()) }
        return try Expression(.list(elements), line: line, parts: elements)
    }

    private var startsExpression: Bool {
        switch token {
        case .string, .integer, .number, .symbol("("), .symbol("["), .symbol("{"), .symbol("-"): true
        case .name(let name): !["if", "else", "in", "is", "and", "or"].contains(name)
        default: false
        }
    }

    mutating func parseOr() throws(TemplateError) -> Expression {
        var left = try parseAnd()
        while takes(.name("or")) {
            let right = try parseAnd()
            left = try Expression(.or(left, right), line: left.line, parts: [left, right])
        }
        return left
    }

    private mutating func parseAnd() throws(TemplateError) -> Expression {
        var left = try parseNot()
        while takes(.name("and")) {
            let right = try parseNot()
            left = try Expression(.and(left, right), line: left.line, parts: [left, right])
        }
        return left
    }

    private mutating func parseNot() throws(TemplateError) -> Expression {
        let line = line
        var count = 0
        while takes(.name("not")) { count += 1 }
        var value = try parseComparison()
        for _ in 0..<count { value = try Expression(.not(value), line: line, parts: [value]) }
        return value
    }

    private mutating func parseComparison() throws(TemplateError) -> Expression {
        let first = try parseSum()
        var others: [(ComparisonOperator, Expression)] = []
        while let comparison = takeComparison() { others.append((comparison, try parseSum())) }
        guard !others.isEmpty else { return first }
        return try Expression(.comparison(first, others), line: first.line, parts: [first] + others.map(\.1))
    }

    private mutating func takeComparison() -> ComparisonOperator? {
        if takes(.name("in")) { return .isIn }
        if token == .name("not"), nextToken == .name("in") {
            advance()
            advance()
            return .isNotIn
        }
        guard case .symbol(let symbol) = token, let comparison = ComparisonOperator(rawValue: symbol) else {
            return nil
        }
        advance()
        return comparison
    }

    // MARK: Arithmetic

    private mutating func parseSum() throws(TemplateError) -> Expression {
        var left = try parseJoin()
        while let sign = takeArithmetic([.add, .subtract]) {
            let right = try parseJoin()
            left = try Expression(.arithmetic(left, sign, right), line: left.line, parts: [left, right])
        }
        return left
    }

    private mutating func parseJoin() throws(TemplateError) -> Expression {
        var left = try parseProduct()
        while takeArithmetic([.join]) != nil {
            let right = try parseProduct()
            left = try Expression(.arithmetic(left, .join, right), line: left.line, parts: [left, right])
        }
        return left
    }

    private mutating func parseProduct() throws(TemplateError) -> Expression {
        var left = try parseSigned()
        while let sign = takeArithmetic([.multiply, .divide, .divideDown, .remainder]) {
            let right = try parseSigned()
            left = try Expression(.arithmetic(left, sign, right), line: left.line, parts: [left, right])
        }
        if token == .symbol("**") { throw .unsupported(line: line, feature: "the operator **") }
        return left
    }

    private mutating func takeArithmetic(_ allowed: Set<ArithmeticOperator>) -> ArithmeticOperator? {
        guard case .symbol(let symbol) = token, let found = ArithmeticOperator(rawValue: symbol),
            allowed.contains(found)
        else { return nil }
        advance()
        return found
    }

    /// A sign belongs to the value before filters are applied.
    private mutating func parseSigned() throws(TemplateError) -> Expression {
        let line = line
        if token == .symbol("+") { throw .unsupported(line: line, feature: "a plus sign before a value") }
        let isNegative = takes(symbol: "-")
        var value = try parsePostfix(try parsePrimary())
        if isNegative { value = try Expression(.negative(value), line: line, parts: [value]) }
        return try parseFilters(value)
    }

    // MARK: Values

    private mutating func parsePrimary() throws(TemplateError) -> Expression {
        let line = line
        let found = token
        switch found {
        case .string(var text):
            advance()
            while case .string(let more) = token {
                text += more
                advance()
            }
            return try Expression(.value(.text(TemplateText(text))), line: line, parts: [])
        case .integer(let value):
            advance()
            return try Expression(.value(.integer(value)), line: line, parts: [])
        case .number(let value):
            advance()
            return try Expression(.value(.number(value)), line: line, parts: [])
        case .name(let name):
            advance()
            return try parseName(name, line: line)
        case .symbol("("):
            advance()
            if takes(symbol: ")") { return try Expression(.list([]), line: line, parts: []) }
            let value = try parseTuple()
            try expect(.symbol(")"))
            return value
        case .symbol("["):
            advance()
            let elements = try parseSequence(until: "]")
            return try Expression(.list(elements), line: line, parts: elements)
        case .symbol("{"): return try parseMap()
        default: throw unexpected("a value")
        }
    }

    private func parseName(_ name: String, line: Int) throws(TemplateError) -> Expression {
        switch name {
        case "true", "True": return try Expression(.value(.bool(true)), line: line, parts: [])
        case "false", "False": return try Expression(.value(.bool(false)), line: line, parts: [])
        case "none", "None": return try Expression(.value(.null), line: line, parts: [])
        case "loop": break
        case let name where Self.reserved.contains(name):
            throw .syntax(line: line, found: "\"\(name)\"", expected: "a value")
        default: break
        }
        return try Expression(.name(name), line: line, parts: [])
    }

    private mutating func parseSequence(until end: String) throws(TemplateError) -> [Expression] {
        var elements: [Expression] = []
        while !takes(symbol: end) {
            elements.append(try parseExpression())
            if token != .symbol(end) { try expect(.symbol(",")) }
        }
        return elements
    }

    private mutating func parseMap() throws(TemplateError) -> Expression {
        let line = line
        try expect(.symbol("{"))
        var members: [(key: Expression, value: Expression)] = []
        while !takes(symbol: "}") {
            let key = try parseExpression()
            try expect(.symbol(":"))
            members.append((key, try parseExpression()))
            if token != .symbol("}") { try expect(.symbol(",")) }
        }
        return try Expression(.map(members), line: line, parts: members.flatMap { [$0.key, $0.value] })
    }

    // MARK: Behind values

    private mutating func parsePostfix(_ value: Expression) throws(TemplateError) -> Expression {
        var value = value
        while true {
            let line = line
            if takes(symbol: ".") {
                if case .integer(let index) = token {
                    advance()
                    let place = try Expression(.value(.integer(index)), line: line, parts: [])
                    value = try Expression(.item(value, place), line: line, parts: [value, place])
                } else {
                    value = try Expression(.attribute(value, try parseAttribute()), line: line, parts: [value])
                }
            } else if takes(symbol: "[") {
                value = try parseItem(of: value, line: line)
            } else if takes(symbol: "(") {
                let arguments = try parseArguments()
                value = try Expression(.call(value, arguments), line: line, parts: [value] + arguments.all)
            } else {
                // Kept as a value, loops could hold each other without end.
                if case .name("loop") = value.kind, token != .name("is") {
                    throw .unsupported(line: line, feature: "the loop itself as a value")
                }
                return value
            }
        }
    }

    /// Names with an underscore at their start are Python's own business.
    private mutating func parseAttribute() throws(TemplateError) -> String {
        let name = try expectName()
        guard !name.hasPrefix("_") else { throw .unsupported(line: line, feature: "the attribute \"\(name)\"") }
        return name
    }

    private mutating func parseItem(of value: Expression, line: Int) throws(TemplateError) -> Expression {
        var bounds: [Expression?] = [nil]
        while !takes(symbol: "]") {
            if takes(symbol: ":") {
                bounds.append(nil)
            } else {
                guard bounds[bounds.count - 1] == nil else { throw unexpected("\"]\"") }
                bounds[bounds.count - 1] = try parseExpression()
            }
        }
        if bounds.count == 1 {
            guard let place = bounds[0] else { throw unexpected("a value") }
            return try Expression(.item(value, place), line: line, parts: [value, place])
        }
        guard bounds.count <= 3 else { throw .syntax(line: line, found: "\":\"", expected: "at most two of them") }
        return try Expression(
            .slice(value, start: bounds[0], stop: bounds[1], step: bounds.count == 3 ? bounds[2] : nil), line: line,
            parts: [value] + bounds.compactMap { $0 })
    }

    /// Parses what follows an opening bracket.
    private mutating func parseArguments() throws(TemplateError) -> Expression.Arguments {
        var arguments = Expression.Arguments()
        while !takes(symbol: ")") {
            if case .name(let name) = token, nextToken == .symbol("=") {
                advance()
                advance()
                arguments.named.append((name, try parseExpression()))
            } else {
                guard arguments.named.isEmpty else { throw unexpected("a named argument") }
                arguments.positional.append(try parseExpression())
            }
            if token != .symbol(")") { try expect(.symbol(",")) }
        }
        return arguments
    }

    private mutating func parseFilters(_ value: Expression) throws(TemplateError) -> Expression {
        var value = value
        while true {
            let line = line
            if takes(symbol: "|") {
                let name = try expectName()
                guard let filter = Filter(rawValue: name) else {
                    throw .unsupported(line: line, feature: "the filter \"\(name)\"")
                }
                let arguments = takes(symbol: "(") ? try parseArguments() : .init()
                value = try Expression(
                    .filter(value, filter, arguments), line: line, parts: [value] + arguments.all)
            } else if takes(.name("is")) {
                value = try parseTest(of: value, line: line)
            } else if token == .symbol("(") {
                throw .unsupported(line: line, feature: "a call of what a filter returns")
            } else {
                return value
            }
        }
    }

    private mutating func parseTest(of value: Expression, line: Int) throws(TemplateError) -> Expression {
        let isNegated = takes(.name("not"))
        let name = takes(.name("in")) ? "in" : try expectName()
        guard let test = ValueTest(rawValue: name) else {
            throw .unsupported(line: line, feature: "the test \"\(name)\"")
        }
        var arguments = Expression.Arguments()
        if takes(symbol: "(") {
            arguments = try parseArguments()
        } else if test.takesArgument {
            arguments.positional = [try parsePostfix(try parsePrimary())]
        }
        return try Expression(
            .test(value, test, arguments, isNegated: isNegated), line: line, parts: [value] + arguments.all)
    }
}
