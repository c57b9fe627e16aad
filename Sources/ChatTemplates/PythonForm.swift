/// Values as Python's `str` and `repr` write them: what a template prints of a value that is no text.
struct PythonForm {
    private(set) var text = TemplateText()
    private let line: Int
    private let interpreter: Interpreter

    init(line: Int, interpreter: Interpreter) {
        self.line = line
        self.interpreter = interpreter
    }

    /// Appends what `repr` gives.
    mutating func write(_ value: TemplateValue) throws(TemplateError) {
        try interpreter.spend(1, line: line)
        switch value {
        case .undefined: append("Undefined")
        case .null: append("None", isGiven: true)
        case .bool(let value): append(value ? "True" : "False", isGiven: true)
        case .integer(let value): append(String(value), isGiven: true)
        case .number(let value): append(PythonFloat.description(value), isGiven: true)
        case .text(let value): try write(value)
        case .list(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(", ") }
                try write(element)
            }
            append("]")
        case .map(let map):
            append("{")
            for (index, member) in map.members.enumerated() {
                if index > 0 { append(", ") }
                try write(member.key)
                append(": ")
                try write(member.value)
            }
            append("}")
        case .generator, .namespace, .loop, .macro, .function, .method:
            throw .mismatch(line: line, found: value.description, expected: "a value that can be written")
        }
    }

    /// Numbers and the like count as given, whoever they come from: they could choose one of several special tokens.
    private mutating func append(_ plain: String, isGiven: Bool = false) {
        text.append(TemplateText(plain, isGiven: isGiven))
    }

    /// A text in quotes: single ones, unless there are such in it and no double ones.
    private mutating func write(_ value: TemplateText) throws(TemplateError) {
        try interpreter.spend(value.count, line: line)
        let scalars = Set(value.units.lazy.map(TemplateText.scalar))
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        append(String(quote))
        for unit in value.units {
            if let escaped = Self.escape(TemplateText.scalar(unit), quote: quote) {
                append(escaped)
            } else {
                text.append(TemplateText(units: CollectionOfOne(unit)))
            }
        }
        append(String(quote))
    }

    private static func escape(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String? {
        switch scalar {
        case quote, "\\": return "\\\(scalar)"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: break
        }
        guard !isPrintable(scalar) else { return nil }
        let digits = String(scalar.value, radix: 16)
        let (kind, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + kind + String(repeating: "0", count: width - digits.count) + digits
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }
}
