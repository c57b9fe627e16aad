/// Splits the source of a template into tokens, with the white-space rules that `transformers` sets:
/// `trim_blocks`, `lstrip_blocks`, and without the newline at the source's end.
struct TemplateLexer {
    private let source: [Unicode.Scalar]
    private var position = 0
    private var line = 1
    private var atLineStart = true
    private(set) var tokens: [(token: TemplateToken, line: Int)] = []

    private static let longSymbols = ["//", "**", "==", "!=", ">=", "<="]
    private static let shortSymbols = Set("+-*/%~[](){}><=.:|,".unicodeScalars)
    private static let closing: [Unicode.Scalar: Unicode.Scalar] = ["(": ")", "[": "]", "{": "}"]

    /// Newlines of all kinds become "\n".
    init(_ text: String) {
        var scalars: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars {
            if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
            scalars.append(scalar)
        }
        if scalars.last == "\n" || scalars.last == "\r" { scalars.removeLast() }
        source = scalars.map { $0 == "\r" ? "\n" : $0 }
    }

    mutating func run() throws(TemplateError) {
        while position < source.count {
            let start = position
            let tag = nextTag()
            position = tag
            emitData(start..<tag)
            guard position < source.count else { break }
            let kind = source[position + 1]
            position += 2
            if position < source.count, source[position] == "-" || source[position] == "+" { position += 1 }
            switch kind {
            case "#": try skipComment()
            case "{": try lexTag(.variableBegin, .variableEnd, ends: "}")
            default: try lexTag(.blockBegin, .blockEnd, ends: "%")
            }
        }
        tokens.append((.end, line))
    }

    // MARK: Text

    /// Where the next tag begins, or the end of the source.
    private func nextTag() -> Int {
        var place = position
        while place + 1 < source.count {
            if source[place] == "{", ["{", "%", "#"].contains(source[place + 1]) { return place }
            place += 1
        }
        return source.count
    }

    /// The text before a tag: without white space if the tag asks for it, and without the indentation of a block.
    private mutating func emitData(_ range: Range<Int>) {
        var end = range.upperBound
        if end < source.count {
            let sign = end + 2 < source.count ? source[end + 2] : " "
            if sign == "-" {
                while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
            } else if sign != "+", source[end + 1] != "{" {
                let lineStart = source[range].lastIndex(of: "\n").map { $0 + 1 } ?? range.lowerBound
                let startsLine = lineStart > range.lowerBound || atLineStart
                if startsLine, source[lineStart..<end].allSatisfy(\.isPythonSpace) { end = lineStart }
            }
        }
        if end > range.lowerBound { tokens.append((.data(text(range.lowerBound..<end)), line)) }
        countLines(range)
    }

    private mutating func skipComment() throws(TemplateError) {
        let start = position
        while position + 1 < source.count, source[position] != "#" || source[position + 1] != "}" { position += 1 }
        guard position + 1 < source.count else {
            throw .syntax(line: line, found: "the end of the template", expected: "#} after the comment")
        }
        let sign = position > start ? source[position - 1] : " "
        position += 2
        countLines(start..<position)
        finishTag(sign: sign, trimsNewline: true)
    }

    // MARK: Tags

    private mutating func lexTag(
        _ begin: TemplateToken, _ end: TemplateToken, ends last: Unicode.Scalar
    ) throws(TemplateError) {
        tokens.append((begin, line))
        var open: [Unicode.Scalar] = []
        while true {
            while position < source.count, source[position].isPythonSpace {
                countLines(position..<position + 1)
                position += 1
            }
            guard position < source.count else {
                throw .syntax(line: line, found: "the end of the template", expected: end.description)
            }
            if open.isEmpty, let sign = endOfTag(last) {
                tokens.append((end, line))
                return finishTag(sign: sign, trimsNewline: last == "%")
            }
            tokens.append((try lexToken(), line))
            guard case .symbol(let symbol) = tokens[tokens.count - 1].token, let scalar = symbol.unicodeScalars.first,
                symbol.unicodeScalars.count == 1
            else { continue }
            if let closing = Self.closing[scalar] {
                open.append(closing)
            } else if Self.closing.values.contains(scalar), open.popLast() != scalar {
                throw .syntax(line: line, found: "\"\(symbol)\"", expected: "brackets in pairs")
            }
        }
    }

    /// Moves behind the end of a tag and returns its sign, or nil if the tag does not end here.
    private mutating func endOfTag(_ last: Unicode.Scalar) -> Unicode.Scalar? {
        let sign = source[position]
        let isSigned = sign == "-" || sign == "+" && last == "%"
        let start = position + (isSigned ? 1 : 0)
        guard start + 1 < source.count, source[start] == last, source[start + 1] == "}" else { return nil }
        position = start + 2
        return isSigned ? sign : " "
    }

    /// White space behind a tag: all of it is dropped behind a minus, one newline behind blocks and comments.
    private mutating func finishTag(sign: Unicode.Scalar, trimsNewline: Bool) {
        let start = position
        if sign == "-" {
            while position < source.count, source[position].isPythonSpace { position += 1 }
        } else if sign != "+", trimsNewline, position < source.count, source[position] == "\n" {
            position += 1
        }
        countLines(start..<position)
        atLineStart = position > 0 && source[position - 1] == "\n"
    }

    private mutating func lexToken() throws(TemplateError) -> TemplateToken {
        let scalar = source[position]
        switch scalar {
        case "'", "\"": return .string(try lexString(quote: scalar))
        case "0"..."9": return try lexNumber()
        case "a"..."z", "A"..."Z", "_":
            let start = position
            while position < source.count, isNamePart(source[position]) { position += 1 }
            guard position - start <= TemplateLimits.name else {
                throw .limit(line: line, resource: "characters of a name", limit: TemplateLimits.name)
            }
            return .name(text(start..<position))
        default: break
        }
        if position + 1 < source.count, Self.longSymbols.contains(text(position..<position + 2)) {
            position += 2
            return .symbol(text(position - 2..<position))
        }
        guard Self.shortSymbols.contains(scalar) else {
            throw .syntax(line: line, found: "\"\(scalar)\"", expected: "a name, a value or an operator")
        }
        position += 1
        return .symbol(String(scalar))
    }

    private mutating func lexString(quote: Unicode.Scalar) throws(TemplateError) -> String {
        let start = position + 1
        position = start
        while position < source.count, source[position] != quote {
            position += source[position] == "\\" ? 2 : 1
        }
        guard position < source.count else {
            throw .syntax(line: line, found: "the end of the template", expected: "the end of the text in quotes")
        }
        let literal = try StringLiteral.decoded(source[start..<position], line: line)
        countLines(start..<position)
        position += 1
        return literal
    }

    private mutating func lexNumber() throws(TemplateError) -> TemplateToken {
        let start = position
        skipDigits()
        var isWhole = true
        for mark: Set<Unicode.Scalar> in [["."], ["e", "E"]] {
            guard position < source.count, mark.contains(source[position]) else { continue }
            let isSigned = position + 1 < source.count && mark != ["."] && ["+", "-"].contains(source[position + 1])
            let digits = position + (isSigned ? 2 : 1)
            guard digits < source.count, isDigit(source[digits]) else { continue }
            isWhole = false
            position = digits
            skipDigits()
        }
        let written = text(start..<position)
        if isWhole, let value = Int(written) { return .integer(value) }
        guard !isWhole, let value = Double(written), value.isFinite else {
            throw .unsupported(line: line, feature: "the number \(written)")
        }
        return .number(value)
    }

    // MARK: Characters

    private mutating func skipDigits() {
        while position < source.count, isDigit(source[position]) { position += 1 }
    }

    private mutating func countLines(_ range: Range<Int>) { line += source[range].count { $0 == "\n" } }

    private func text(_ range: Range<Int>) -> String {
        var result = ""
        result.unicodeScalars.append(contentsOf: source[range])
        return result
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        isDigit(scalar) || scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }
}
