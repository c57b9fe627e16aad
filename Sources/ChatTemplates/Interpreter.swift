/// Runs the statements of a template once.
final class Interpreter {
    /// How a body was left.
    enum Flow {
        case normal, leaveLoop, nextRound
    }

    private let limits: TemplateLimits
    let date: TemplateDate?
    private var remaining: Int
    private var depth = 0
    private var calls = 0
    private var scopes: [[String: TemplateValue]]
    private var namespaces: [[String: TemplateValue]] = []
    private(set) var output = TemplateText()

    /// Statements and expressions inside each other, over all macros: what running takes of the stack.
    private static let deepest = 120

    init(globals: [String: TemplateValue], date: TemplateDate?, limits: TemplateLimits) {
        self.limits = limits
        self.date = date
        remaining = limits.steps
        var known = globals
        for function in TemplateFunction.allCases where function != .timeNow || date != nil {
            known[function.rawValue] = .function(function)
        }
        scopes = [known, [:]]
    }

    // MARK: Limits

    /// Takes a number of steps from what is left.
    func spend(_ steps: Int, line: Int) throws(TemplateError) {
        remaining -= steps
        guard remaining >= 0 else { throw .limit(line: line, resource: "steps", limit: limits.steps) }
    }

    /// Takes the steps of a list's elements, which need more memory than characters.
    func spendElements(_ count: Int, line: Int) throws(TemplateError) { try spend(8 * count, line: line) }

    /// Goes one level down; `leave` goes up again.
    func enter(line: Int) throws(TemplateError) {
        depth += 1
        guard depth <= Self.deepest else {
            throw .limit(line: line, resource: "statements and expressions inside each other", limit: Self.deepest)
        }
    }

    func leave() { depth -= 1 }

    // MARK: Names

    func value(of name: String) -> TemplateValue {
        for scope in scopes.reversed() {
            if let value = scope[name] { return value }
        }
        return .undefined(name)
    }

    /// Makes names that may be changed from inside of loops.
    func namespace(_ values: [(name: String, value: TemplateValue)], line: Int) throws(TemplateError) -> TemplateValue {
        try spend(100, line: line)
        namespaces.append(Dictionary(values.map { ($0.name, $0.value) }) { _, last in last })
        return .namespace(namespaces.count - 1)
    }

    func value(of name: String, inNamespace number: Int) -> TemplateValue? { namespaces[number][name] }

    private func set(_ name: String, _ value: TemplateValue) { scopes[scopes.count - 1][name] = value }

    private func assign(_ names: [String], _ value: TemplateValue, line: Int) throws(TemplateError) {
        guard names.count > 1 else { return set(names[0], value) }
        guard case .list(let parts) = value, parts.count == names.count else {
            throw .mismatch(line: line, found: value.description, expected: "a list of \(names.count) values")
        }
        for (name, part) in zip(names, parts) { set(name, part) }
    }

    // MARK: Statements

    func run(_ statements: [Statement]) throws(TemplateError) -> Flow {
        for statement in statements {
            let flow = try run(statement)
            guard case .normal = flow else { return flow }
        }
        return .normal
    }

    private func run(_ statement: Statement) throws(TemplateError) -> Flow {
        try spend(1, line: 0)
        switch statement {
        case .text(let text): try write(text, line: 0)
        case .output(let expression):
            try write(try printed(try evaluate(expression), expression.line), line: expression.line)
        case .choose(let branches, let otherwise): return try choose(branches, otherwise)
        case .loop(let loop): return try run(loop)
        case .set(.names(let names), let expression):
            try assign(names, try evaluate(expression), line: expression.line)
        case .set(.attribute(let owner, let name), let expression):
            guard case .namespace(let number) = value(of: owner) else {
                throw .mismatch(line: expression.line, found: value(of: owner).description, expected: "a namespace")
            }
            namespaces[number][name] = try evaluate(expression)
        case .capture(let name, let body):
            scopes.append([:])
            let text: TemplateText
            do {
                defer { scopes.removeLast() }
                text = try captured(body)
            }
            set(name, .text(text))
        case .scope(let body): return try scoped(body)
        case .macro(let macro): set(macro.name, .macro(macro))
        case .leaveLoop: return .leaveLoop
        case .nextRound: return .nextRound
        }
        return .normal
    }

    private func write(_ text: TemplateText, line: Int) throws(TemplateError) {
        try spend(text.count + 1, line: line)
        output.append(text)
        guard output.count <= limits.output else {
            throw .limit(line: line, resource: "characters of text", limit: limits.output)
        }
    }

    /// What a body writes. Flow statements in it end it; they cannot leave a loop around it.
    private func captured(_ body: [Statement]) throws(TemplateError) -> TemplateText {
        let before = output
        output = TemplateText()
        _ = try run(body)
        defer { output = before }
        return output
    }

    private func choose(
        _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]
    ) throws(TemplateError) -> Flow {
        for (condition, body) in branches where try evaluate(condition).isTrue {
            return try nested(body, line: condition.line)
        }
        return try nested(otherwise, line: branches[0].condition.line)
    }

    /// Runs a body whose names are forgotten behind it.
    private func scoped(_ body: [Statement]) throws(TemplateError) -> Flow {
        scopes.append([:])
        defer { scopes.removeLast() }
        return try run(body)
    }

    private func nested(_ body: [Statement], line: Int) throws(TemplateError) -> Flow {
        try enter(line: line)
        defer { leave() }
        return try run(body)
    }

    // MARK: Loops

    private func run(_ loop: Statement.Loop) throws(TemplateError) -> Flow {
        try enter(line: loop.line)
        defer { leave() }
        let elements = try chosen(try self.elements(of: try evaluate(loop.elements), loop.line), loop)
        guard !elements.isEmpty else { return try scoped(loop.otherwise) }
        for index in elements.indices {
            try spend(1, line: loop.line)
            scopes.append(["loop": .loop(LoopState(elements: elements, index: index))])
            defer { scopes.removeLast() }
            try assign(loop.names, elements[index], line: loop.line)
            if case .leaveLoop = try run(loop.body) { break }
        }
        return .normal
    }

    /// The elements that a loop's own condition lets through.
    private func chosen(_ elements: [TemplateValue], _ loop: Statement.Loop) throws(TemplateError) -> [TemplateValue] {
        guard let condition = loop.condition else { return elements }
        var kept: [TemplateValue] = []
        for element in elements {
            scopes.append([:])
            defer { scopes.removeLast() }
            try assign(loop.names, element, line: loop.line)
            if try evaluate(condition).isTrue { kept.append(element) }
        }
        return kept
    }

    // MARK: Macros

    func call(
        _ macro: Statement.Macro, _ positional: [TemplateValue], _ named: [(name: String, value: TemplateValue)],
        line: Int
    ) throws(TemplateError) -> TemplateValue {
        calls += 1
        guard calls <= TemplateLimits.calls else {
            throw .limit(line: line, resource: "macros that call each other", limit: TemplateLimits.calls)
        }
        let outer = scopes
        defer {
            scopes = outer
            calls -= 1
        }
        let names = macro.parameters.map(\.name)
        guard positional.count <= names.count, named.allSatisfy({ names.contains($0.name) }) else {
            let found = named.map(\.name).first { !names.contains($0) }.map { "the argument \($0)" }
            throw .mismatch(
                line: line, found: found ?? "\(positional.count) arguments", expected: "those of \(macro.name)")
        }
        scopes = [outer[0], outer[1], [:]]
        for (index, parameter) in macro.parameters.enumerated() {
            let given = index < positional.count ? positional[index] : named.first { $0.name == parameter.name }?.value
            let usual =
                given == nil ? try parameter.usual.map { usual throws(TemplateError) in try evaluate(usual) } : nil
            set(parameter.name, given ?? usual ?? .undefined(parameter.name))
        }
        return .text(try captured(macro.body))
    }
}
