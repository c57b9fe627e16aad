/// Values as `json.dumps` writes them: what the filter `tojson` of `transformers` does.
struct JSONForm {
    /// Blanks for each level of nesting, or nil for one line.
    let indent: Int?
    /// What stands between elements and behind names.
    let separators: (element: String, name: String)
    private(set) var text = TemplateText()
    private let line: Int
    private let interpreter: Interpreter

    init(indent: Int?, line: Int, interpreter: Interpreter) {
        self.indent = indent
        separators = (indent == nil ? ", " : ",", ": ")
        self.line = line
        self.interpreter = interpreter
    }

    mutating func write(_ value: TemplateValue, depth: Int = 1) throws(TemplateError) {
        try interpreter.spend(1, line: line)
        switch value {
        case .null: append("null", isGiven: true)
        case .bool(let value): append(value ? "true" : "false", isGiven: true)
        case .integer(let value): append(String(value), isGiven: true)
        case .number(let value): append(Self.number(value), isGiven: true)
        case .text(let value): try write(value)
        case .list(let elements):
            try writeNested("[", "]", count: elements.count, depth: depth) {
                (form: inout JSONForm, index: Int) throws(TemplateError) in
                try form.write(elements[index], depth: depth + 1)
            }
        case .map(let map):
            try writeNested("{", "}", count: map.members.count, depth: depth) {
                (form: inout JSONForm, index: Int) throws(TemplateError) in
                try form.write(map.members[index].key)
                form.append(form.separators.name)
                try form.write(map.members[index].value, depth: depth + 1)
            }
        case .undefined, .generator, .namespace, .loop, .macro, .function, .method:
            throw .mismatch(line: line, found: value.description, expected: "a value that JSON has")
        }
    }

    /// Numbers and the like count as given, as in `PythonForm`.
    private mutating func append(_ plain: String, isGiven: Bool = false) {
        text.append(TemplateText(plain, isGiven: isGiven))
    }

    private mutating func writeNested(
        _ open: String, _ close: String, count: Int, depth: Int,
        element: (inout JSONForm, Int) throws(TemplateError) -> Void
    ) throws(TemplateError) {
        guard count > 0 else { return append(open + close) }
        append(open)
        for index in 0..<count {
            if index > 0 { append(separators.element) }
            try newLine(depth)
            try element(&self, index)
        }
        try newLine(depth - 1)
        append(close)
    }

    private mutating func newLine(_ depth: Int) throws(TemplateError) {
        guard let indent else { return }
        try interpreter.spend(indent * depth, line: line)
        append("\n" + String(repeating: " ", count: indent * depth))
    }

    private static func number(_ value: Double) -> String {
        value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "Infinity" : "-Infinity") : PythonFloat.description(value)
    }

    /// A text in quotes; escapes are the template's, so that a given text stays given only where it is itself.
    private mutating func write(_ value: TemplateText) throws(TemplateError) {
        try interpreter.spend(value.count, line: line)
        append("\"")
        var plain: [UInt32] = []
        for unit in value.units {
            guard let escaped = Self.escape(TemplateText.scalar(unit)) else {
                plain.append(unit)
                continue
            }
            text.append(TemplateText(units: plain))
            plain = []
            append(escaped)
        }
        text.append(TemplateText(units: plain))
        append("\"")
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{8}": return "\\b"
        case "\u{C}": return "\\f"
        case "\u{0}"..."\u{1F}":
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return nil
        }
    }
}
