extension Interpreter {
    /// What is written of a value, as Python's `str` has it.
    func printed(_ value: TemplateValue, _ line: Int) throws(TemplateError) -> TemplateText {
        switch value {
        case .undefined: return TemplateText()
        case .text(let text): return text
        default: break
        }
        var form = PythonForm(line: line, interpreter: self)
        try form.write(value)
        return form.text
    }

    /// What a loop goes through.
    func elements(of value: TemplateValue, _ line: Int) throws(TemplateError) -> [TemplateValue] {
        switch value {
        case .undefined: return []
        case .list(let elements), .generator(let elements): return elements
        case .map(let map):
            try spendElements(map.members.count, line: line)
            return map.members.map { .text($0.key) }
        case .text(let text):
            try spendElements(text.count, line: line)
            return text.units.map { .text(TemplateText(units: CollectionOfOne($0))) }
        default: throw .mismatch(line: line, found: value.description, expected: "a list")
        }
    }

    func negative(_ value: TemplateValue, _ line: Int) throws(TemplateError) -> TemplateValue {
        if case .number(let number) = value { return .number(-number) }
        return try arithmetic(.integer(0), .subtract, value, line)
    }

    func arithmetic(
        _ left: TemplateValue, _ sign: ArithmeticOperator, _ right: TemplateValue, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        if sign == .join {
            let text = try printed(left, line) + printed(right, line)
            try spend(text.count, line: line)
            return .text(text)
        }
        for case .undefined(let name) in [left, right] { throw .undefined(line: line, name: name) }
        switch (left, sign, right) {
        case (.text(let left), .add, .text(let right)):
            try spend(left.count + right.count, line: line)
            return .text(left + right)
        case (.list(let left), .add, .list(let right)):
            try spendElements(left.count + right.count, line: line)
            return .list(left + right)
        default: break
        }
        if let left = left.whole, let right = right.whole { return try whole(left, sign, right, line) }
        guard let left = left.double, let right = right.double else {
            let found = "\(left.description) \(sign.rawValue) \(right.description)"
            throw .mismatch(line: line, found: found, expected: "two numbers, or two texts to add")
        }
        return try number(left, sign, right, line)
    }

    private func whole(
        _ left: Int, _ sign: ArithmeticOperator, _ right: Int, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        let (result, overflows): (Int, Bool)
        switch sign {
        case .add: (result, overflows) = left.addingReportingOverflow(right)
        case .subtract: (result, overflows) = left.subtractingReportingOverflow(right)
        case .multiply: (result, overflows) = left.multipliedReportingOverflow(by: right)
        case .divideDown, .remainder:
            let (quotient, overflow) = left.dividedReportingOverflow(by: right)
            guard !overflow else {
                throw .mismatch(line: line, found: "a division by \(right)", expected: "another number")
            }
            let rest = left % right
            let isUneven = rest != 0 && (rest < 0) != (right < 0)  // Python rounds down
            (result, overflows) = (
                sign == .divideDown ? quotient - (isUneven ? 1 : 0) : rest + (isUneven ? right : 0), false
            )
        case .divide, .join: return try number(Double(left), sign, Double(right), line)
        }
        guard !overflows else {
            throw .mismatch(line: line, found: "a number beyond 64 bits", expected: "a smaller one")
        }
        return .integer(result)
    }

    private func number(
        _ left: Double, _ sign: ArithmeticOperator, _ right: Double, _ line: Int
    ) throws(TemplateError) -> TemplateValue {
        switch sign {
        case .add: return .number(left + right)
        case .subtract: return .number(left - right)
        case .multiply: return .number(left * right)
        case .divide where right != 0: return .number(left / right)
        default: throw .unsupported(line: line, feature: "\(sign.rawValue) of these numbers")
        }
    }

    // MARK: Comparisons

    func holds(
        _ left: TemplateValue, _ comparison: ComparisonOperator, _ right: TemplateValue, _ line: Int
    ) throws(TemplateError) -> Bool {
        switch comparison {
        case .equal: try equal(left, right, line)
        case .different: try !equal(left, right, line)
        case .isIn: try contains(right, left, line)
        case .isNotIn: try !contains(right, left, line)
        case .less: try precedes(left, right, line)
        case .greater: try precedes(right, left, line)
        case .atMost: try !precedes(right, left, line)
        case .atLeast: try !precedes(left, right, line)
        }
    }

    /// Whether two values are equal, as in Python: numbers by what they are worth, nothing else across kinds.
    func equal(_ left: TemplateValue, _ right: TemplateValue, _ line: Int) throws(TemplateError) -> Bool {
        try spend(1, line: line)
        switch (left, right) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.text(let left), .text(let right)):
            try spend(min(left.count, right.count), line: line)
            return left == right
        case (.list(let left), .list(let right)):
            guard left.count == right.count else { return false }
            for (left, right) in zip(left, right) where try !equal(left, right, line) { return false }
            return true
        case (.map(let left), .map(let right)):
            guard left.members.count == right.members.count else { return false }
            for member in left.members {
                try spend(member.key.count, line: line)
                guard let other = right[member.key], try equal(member.value, other, line) else { return false }
            }
            return true
        case (.namespace(let left), .namespace(let right)): return left == right
        default: break
        }
        if let left = left.whole, let right = right.whole { return left == right }
        guard let left = left.double, let right = right.double else { return false }
        return left == right
    }

    private func precedes(_ left: TemplateValue, _ right: TemplateValue, _ line: Int) throws(TemplateError) -> Bool {
        if case .text(let left) = left, case .text(let right) = right {
            try spend(min(left.count, right.count), line: line)
            return left.precedes(right)
        }
        if let left = left.whole, let right = right.whole { return left < right }
        guard let left = left.double, let right = right.double else {
            let found = "\(left.description) and \(right.description)"
            throw .mismatch(line: line, found: found, expected: "two numbers or two texts to compare")
        }
        return left < right
    }

    private func contains(_ whole: TemplateValue, _ part: TemplateValue, _ line: Int) throws(TemplateError) -> Bool {
        switch (whole, part) {
        case (.undefined, _): return false
        case (.text(let text), .text(let part)):
            try spend(text.count + part.count, line: line)
            return TextSearch(part).first(in: text) != nil
        case (.list(let elements), _), (.generator(let elements), _):
            for element in elements where try equal(element, part, line) { return true }
            return false
        case (.map(let map), .text(let key)):
            try spend(key.count, line: line)
            return map[key] != nil
        case (.map, _): return false
        default:
            throw .mismatch(
                line: line, found: "\(part.description) in \(whole.description)",
                expected: "a text, a list or an object")
        }
    }

    /// Whether a value passes a test.
    func passes(
        _ value: TemplateValue, _ test: ValueTest, _ arguments: [TemplateValue], _ line: Int
    ) throws(TemplateError) -> Bool {
        guard arguments.count == (test.takesArgument ? 1 : 0) else {
            throw .mismatch(line: line, found: "\(arguments.count) arguments", expected: "the test's own")
        }
        if let passes = test.passes(value) { return passes }
        return switch test {
        case .ne: try !equal(value, arguments[0], line)
        case .isIn: try contains(arguments[0], value, line)
        default: try equal(value, arguments[0], line)
        }
    }
}
