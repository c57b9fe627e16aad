/// What a parser accepts before it gives up; guards against texts that are made to exhaust memory or the stack.
public struct JSONLimits: Sendable {
    /// Arrays and objects inside each other.
    public var depth: Int
    /// Values in the whole text.
    public var values: Int

    /// - Parameters:
    ///   - depth: how deep arrays and objects may nest.
    ///   - values: how many values the whole text may hold.
    public init(depth: Int = 64, values: Int = 8_000_000) {
        self.depth = depth
        self.values = values
    }
}

extension JSONValue {
    /// Parses a whole text: strict RFC 8259, UTF-8, with duplicate names in an object refused.
    ///
    /// - Throws: `JSONError` at the first byte that does not fit.
    /// - Complexity: O(n) in the bytes of the text.
    public init(parsing text: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        var parser = JSONParser(text: text, limits: limits)
        self = try parser.parseDocument()
    }

    /// Parses a whole text held in an array of UTF-8 bytes.
    ///
    /// - Throws: `JSONError` at the first byte that does not fit.
    public init(parsing text: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        let parsed: Result<JSONValue, JSONError> = text.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try JSONValue(parsing: bytes, limits: limits) }
        }
        self = try parsed.get()
    }

    /// Parses a whole text held in a string.
    ///
    /// - Throws: `JSONError` at the first byte of its UTF-8 that does not fit.
    public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

/// A recursive-descent parser over bytes.
struct JSONParser {
    private let text: UnsafeRawBufferPointer
    private let limits: JSONLimits
    private var position = 0
    private var depth = 0
    private var values = 0

    init(text: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.text = text
        self.limits = limits
    }

    mutating func parseDocument() throws(JSONError) -> JSONValue {
        skipSpace()
        let value = try parseValue()
        skipSpace()
        guard position == text.count else { throw error("text after the end of the value") }
        return value
    }

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        values += 1
        guard values <= limits.values else { throw error("more than \(limits.values) values") }
        switch peek() {
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"): return try parseNumber()
        case nil: throw error("the text ends where a value should start")
        default: throw error("no value starts with this character")
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSONValue {
        try enter()
        var members = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return .object(members)
        }
        repeat {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw error("expected a name in quotes") }
            let start = position
            let name = try parseString()
            skipSpace()
            guard take(UInt8(ascii: ":")) else {
                throw error("expected ':' after the name \(JSONValue.string(name).excerpt)")
            }
            skipSpace()
            let value = try parseValue()
            guard members.append(name, value) else {
                throw JSONError(
                    reason: "the name \(JSONValue.string(name).excerpt) occurs twice in one object", offset: start)
            }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error("expected ',' or '}'") }
        depth -= 1
        return .object(members)
    }

    private mutating func parseArray() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return .array(elements)
        }
        repeat {
            skipSpace()
            elements.append(try parseValue())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw error("expected ',' or ']'") }
        depth -= 1
        return .array(elements)
    }

    private mutating func enter() throws(JSONError) {
        position += 1
        depth += 1
        guard depth <= limits.depth else { throw error("nested deeper than \(limits.depth)") }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard position + length <= text.count,
            (0..<length).allSatisfy({ text[position + $0] == word.utf8Start[$0] })
        else { throw error("expected \"\(word)\"") }
        position += length
        return value
    }

    // MARK: Numbers

    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let whole = takeDigits()
        guard whole > 0 else { throw error("expected a digit") }
        let first = text[position - whole]
        guard whole == 1 || first != UInt8(ascii: "0") else { throw error("a number may not start with 0") }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            guard takeDigits() > 0 else { throw error("expected a digit after '.'") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard takeDigits() > 0 else { throw error("expected a digit in the exponent") }
        }
        let spelling = String(decoding: text[start..<position], as: UTF8.self)
        // No integer has the sign of "-0".
        if isInteger, spelling != "-0", let value = Int(spelling) { return .integer(value) }
        guard let value = Double(spelling), value.isFinite else {
            throw JSONError(reason: "the number is out of range", offset: start)
        }
        return .number(value)
    }

    private mutating func takeDigits() -> Int {
        let start = position
        while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        return position - start
    }

    // MARK: Strings

    private mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        guard peek() == UInt8(ascii: "\"") else { return try parseEscapedString(from: start) }
        let run = start..<position
        position += 1
        guard let string = String(validating: text[run], as: UTF8.self) else { throw invalidText(at: start) }
        return string
    }

    /// The slow path: a string with escapes.
    private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var bytes = Array(text[start..<position])
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: bytes, as: UTF8.self) else { throw invalidText(at: start) }
                return string
            case UInt8(ascii: "\\"): try parseEscape(into: &bytes)
            case 0..<0x20: throw JSONError(reason: "a control character in a string", offset: position - 1)
            default: bytes.append(byte)
            }
        }
        throw error("the text ends inside a string")
    }

    private mutating func parseEscape(into bytes: inout [UInt8]) throws(JSONError) {
        guard let kind = peek() else { throw error("the text ends inside a string") }
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(kind)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes.append(contentsOf: String(try parseUnicodeEscape()).utf8)
        default: throw JSONError(reason: "unknown escape", offset: position - 1)
        }
    }

    private mutating func parseUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position - 2
        let first = try parseFourHexDigits()
        var code = first
        if 0xD800..<0xDC00 ~= first, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            let second = try parseFourHexDigits()
            guard 0xDC00..<0xE000 ~= second else { throw JSONError(reason: "half a surrogate pair", offset: start) }
            code = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw JSONError(reason: "half a surrogate pair", offset: start)
        }
        return scalar
    }

    private mutating func parseFourHexDigits() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("expected four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private func invalidText(at offset: Int) -> JSONError {
        JSONError(reason: "a string is not valid UTF-8", offset: offset)
    }

    // MARK: Bytes

    private func peek() -> UInt8? { position < text.count ? text[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: position) }
}
