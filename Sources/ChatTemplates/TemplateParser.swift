/// Parses tokens into statements: the subset of Jinja that published chat templates are written in.
struct TemplateParser {
    private let tokens: [(token: TemplateToken, line: Int)]
    private var position = 0
    private var openBlocks = 0
    private var openLoops = 0
    /// Brackets, conditions and operators in which the parser is: they cost stack before there is an expression.
    var openExpressions = 0

    init(_ tokens: [(token: TemplateToken, line: Int)]) { self.tokens = tokens }

    mutating func parse() throws(TemplateError) -> [Statement] {
        let (statements, end) = try parseBody(until: [])
        guard end == nil else { throw unexpected("a statement") }
        return statements
    }

    // MARK: Tokens

    var token: TemplateToken { tokens[position].token }
    var line: Int { tokens[position].line }

    mutating func advance() { position = min(position + 1, tokens.count - 1) }

    mutating func takes(_ expected: TemplateToken) -> Bool {
        guard token == expected else { return false }
        advance()
        return true
    }

    mutating func takes(symbol: String) -> Bool { takes(.symbol(symbol)) }

    mutating func expect(_ expected: TemplateToken) throws(TemplateError) {
        guard takes(expected) else { throw unexpected(expected.description) }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = token else { throw unexpected("a name") }
        advance()
        return name
    }

    func unexpected(_ expected: String) -> TemplateError {
        .syntax(line: line, found: token.description, expected: expected)
    }

    /// The token behind the current one.
    var nextToken: TemplateToken { tokens[min(position + 1, tokens.count - 1)].token }

    // MARK: Statements

    /// Parses up to a block with one of these names, or to the end; the name is consumed and returned.
    private mutating func parseBody(
        until ends: Set<String>
    ) throws(TemplateError) -> (body: [Statement], end: String?) {
        openBlocks += 1
        defer { openBlocks -= 1 }
        guard openBlocks <= TemplateLimits.blocks else {
            throw .limit(line: line, resource: "blocks inside each other", limit: TemplateLimits.blocks)
        }
        var body: [Statement] = []
        while true {
            switch token {
            case .end:
                guard ends.isEmpty else { throw unexpected(ends.sorted().joined(separator: " or ")) }
                return (body, nil)
            case .data(let text):
                body.append(.text(TemplateText(text)))
                advance()
            case .variableBegin:
                advance()
                body.append(.output(try parseExpression()))
                try expect(.variableEnd)
            case .blockBegin:
                advance()
                let name = try expectName()
                if ends.contains(name) { return (body, name) }
                body.append(try parseStatement(name))
            default: throw unexpected("text or a tag")
            }
        }
    }

    private mutating func parseStatement(_ name: String) throws(TemplateError) -> Statement {
        switch name {
        case "if": return try parseIf()
        case "for": return try parseFor()
        case "set": return try parseSet()
        case "macro": return try parseMacro()
        case "break", "continue":
            guard openLoops > 0 else { throw unexpected("\(name) inside of a loop") }
            try expect(.blockEnd)
            return name == "break" ? .leaveLoop : .nextRound
        case "generation":  // marks what an assistant wrote; it changes no text
            try expect(.blockEnd)
            let body = try parseBody(until: ["endgeneration"]).body
            try expect(.blockEnd)
            return .scope(body)
        case let name where name.hasPrefix("end") || name == "else" || name == "elif":
            throw .syntax(line: line, found: "\"\(name)\"", expected: "the start of its block before")
        default: throw .unsupported(line: line, feature: "the statement \"\(name)\"")
        }
    }

    private mutating func parseIf() throws(TemplateError) -> Statement {
        var branches: [(condition: Expression, body: [Statement])] = []
        while true {
            let condition = try parseExpression()
            try expect(.blockEnd)
            let (body, end) = try parseBody(until: ["elif", "else", "endif"])
            branches.append((condition, body))
            guard end != "elif" else { continue }
            try expect(.blockEnd)
            guard end == "else" else { return .choose(branches, otherwise: []) }
            let otherwise = try parseBody(until: ["endif"]).body
            try expect(.blockEnd)
            return .choose(branches, otherwise: otherwise)
        }
    }

    private mutating func parseFor() throws(TemplateError) -> Statement {
        let line = line
        let names = try parseNames()
        try expect(.name("in"))
        let elements = try parseOr()
        let condition = takes(.name("if")) ? try parseExpression() : nil
        if case .name("recursive") = token { throw .unsupported(line: line, feature: "a recursive loop") }
        try expect(.blockEnd)
        openLoops += 1
        let (body, end) = try parseBody(until: ["else", "endfor"])
        openLoops -= 1
        try expect(.blockEnd)
        var otherwise: [Statement] = []
        if end == "else" {
            otherwise = try parseBody(until: ["endfor"]).body
            try expect(.blockEnd)
        }
        return .loop(
            .init(names: names, elements: elements, condition: condition, body: body, otherwise: otherwise, line: line))
    }

    private mutating func parseNames() throws(TemplateError) -> [String] {
        var names: [String] = []
        repeat {
            let name = try expectName()
            guard !Self.reserved.contains(name), !names.contains(name) else {
                throw .syntax(line: line, found: "\"\(name)\"", expected: "another name")
            }
            names.append(name)
            guard names.count <= TemplateLimits.names else {
                throw .limit(line: line, resource: "names beside each other", limit: TemplateLimits.names)
            }
        } while takes(symbol: ",")
        return names
    }

    private mutating func parseSet() throws(TemplateError) -> Statement {
        if takes(symbol: ".") { throw unexpected("a name") }
        if case .name(let owner) = token, nextToken == .symbol(".") {
            advance()
            advance()
            let target = Statement.Target.attribute(of: owner, try expectName())
            try expect(.symbol("="))
            return .set(target, try parseEndOfSet())
        }
        let names = try parseNames()
        if takes(symbol: "=") { return .set(.names(names), try parseEndOfSet()) }
        guard names.count == 1, takes(.blockEnd) else { throw unexpected("\"=\" or %}") }
        let body = try parseBody(until: ["endset"]).body
        try expect(.blockEnd)
        return .capture(names[0], body)
    }

    private mutating func parseEndOfSet() throws(TemplateError) -> Expression {
        let value = try parseTuple()
        try expect(.blockEnd)
        return value
    }

    private mutating func parseMacro() throws(TemplateError) -> Statement {
        let line = line
        guard openBlocks == 1 else { throw .unsupported(line: line, feature: "a macro inside of a block") }
        let name = try expectName()
        try expect(.symbol("("))
        var parameters: [(name: String, usual: Expression?)] = []
        while !takes(symbol: ")") {
            let name = try expectName()
            parameters.append((name, takes(symbol: "=") ? try parseExpression() : nil))
            guard parameters.count <= TemplateLimits.names else {
                throw .limit(line: line, resource: "names beside each other", limit: TemplateLimits.names)
            }
            if token != .symbol(")") { try expect(.symbol(",")) }
        }
        try expect(.blockEnd)
        let loops = openLoops
        openLoops = 0
        let body = try parseBody(until: ["endmacro"]).body
        openLoops = loops
        try expect(.blockEnd)
        return .macro(.init(name: name, parameters: parameters, body: body, line: line))
    }

    /// Names that mean something in every expression.
    static let reserved: Set = [
        "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None", "loop",
    ]
}
