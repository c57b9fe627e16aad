import JSON
import XCTest

/// What RFC 8259 accepts and refuses.
final class ParserTests: XCTestCase {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

    private func assertRefused(_ bytes: [UInt8], line: UInt = #line) {
        XCTAssertThrowsError(try JSONValue(parsing: bytes), line: line) { error in
            guard let error = error as? JSONError else { return XCTFail("\(error)", line: line) }
            XCTAssertTrue(0...bytes.count ~= error.offset, "offset \(error.offset)", line: line)
        }
    }

    func testLiteralsAreRead() throws {
        XCTAssertEqual(try parse("null"), .null)
        XCTAssertEqual(try parse(" true\n"), true)
        XCTAssertEqual(try parse("\t\r\nfalse "), false)
        XCTAssertEqual(try parse("\"\""), "")
        XCTAssertEqual(try parse("[]"), [])
        XCTAssertEqual(try parse("{ }"), [:])
        XCTAssertEqual(try parse("[ 1 , [ ] , { \"a\" : null } ]"), [1, [], ["a": .null]])
    }

    func testTextsThatAreNotJSONAreRefused() {
        let texts = [
            "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined", "'a'", "\"", "\"a", "{", "[",
            "}", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "1 2", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
            "{1:1}", "{,}", "{\"a\":1 \"b\":2}", "{\"a\"::1}", "// x\n1", "/* */1", "\u{FEFF}1", "\u{A0}1", "[\u{B}]",
            "\u{C}1", "{\"a\":1}x",
        ]
        for text in texts { assertRefused(Array(text.utf8)) }
    }

    func testNumbersKeepTheirKind() throws {
        XCTAssertEqual(try parse("0"), .integer(0))
        XCTAssertEqual(try parse("-0"), .number(-0.0))
        XCTAssertEqual(try parse("-0").double?.sign, .minus)
        XCTAssertEqual(try parse("-12"), .integer(-12))
        XCTAssertEqual(try parse("9223372036854775807"), .integer(.max))
        XCTAssertEqual(try parse("-9223372036854775808"), .integer(.min))
        XCTAssertEqual(try parse("9223372036854775808"), .number(9_223_372_036_854_775_808))
        XCTAssertEqual(try parse("1.0"), .number(1))
        XCTAssertEqual(try parse("1e3"), .number(1_000))
        XCTAssertEqual(try parse("1E+3"), .number(1_000))
        XCTAssertEqual(try parse("-1.5e-3"), .number(-0.0015))
        XCTAssertEqual(try parse("1e-6"), .number(1e-6))
        XCTAssertEqual(try parse("0.1"), .number(0.1))
        XCTAssertEqual(try parse("4.9e-324"), .number(.leastNonzeroMagnitude))
        XCTAssertEqual(try parse("1e-400"), .number(0))
        XCTAssertEqual(try parse("1.7976931348623157e308"), .number(.greatestFiniteMagnitude))
    }

    func testWrongNumbersAreRefused() {
        let texts = [
            "-", "+1", "01", "-01", "00", ".5", "1.", "1.e3", "1e", "1e+", "1e-", "-.5", "0x10", "1_000", "1,000",
            "--1",
            "1e1.5", "1e400", "-1e400", "0b1", "1f", "٣", "1e9999999999999999999",
        ]
        for text in texts { assertRefused(Array(text.utf8)) }
    }

    func testLargeIntegerWithManyDigitsIsOutOfRange() {
        assertRefused(Array(repeating: UInt8(ascii: "9"), count: 400))
    }

    func testEscapesAreRead() throws {
        XCTAssertEqual(try parse(#""\"\\\/\b\f\n\r\t""#), .string("\"\\/\u{8}\u{C}\n\r\t"))
        XCTAssertEqual(try parse(#""\u0041\u00e9\u20AC\u0000""#), .string("Aé€\0"))
        XCTAssertEqual(try parse(#""\ud83d\ude00 \uDBFF\uDFFF""#), .string("😀 \u{10FFFF}"))
        XCTAssertEqual(try parse("\"ä😀\u{2028}\u{7F}\""), .string("ä😀\u{2028}\u{7F}"))
    }

    func testWrongStringsAreRefused() {
        let texts = [
            #""\x41""#, #""\""#, #""\u12""#, #""\u12G4""#, #""\u+123""#, #""\U0041""#, #""\ud800""#, #""\ud800x""#,
            #""\ud800\n""#, #""\ud800\ud800""#, #""\udc00""#, #""\udc00\ud800""#, #""\ud83d\u0041""#, "\"a\nb\"",
            "\"\t\"", "\"\0\"", #""\u"#, #""\ud83d\"#, #""\u٣٣٣٣""#,
        ]
        for text in texts { assertRefused(Array(text.utf8)) }
    }

    func testTextThatIsNotUTF8IsRefused() {
        let sequences: [[UInt8]] = [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF],
        ]
        for sequence in sequences {
            assertRefused([0x22] + sequence + [0x22])
            assertRefused([0x22] + Array("\\n".utf8) + sequence + [0x22])
            assertRefused([0x7B, 0x22] + sequence + [0x22, 0x3A, 0x31, 0x7D])
            assertRefused(sequence)
        }
    }

    func testNamesInErrorsCannotSteerATerminal() {
        for text in [#"{"\u001b]0;x\u0007":1,"\u001b]0;x\u0007":2}"#, #"{"\u001b[2J" 1}"#] {
            XCTAssertThrowsError(try JSONValue(parsing: text)) { error in
                XCTAssertFalse("\(error)".unicodeScalars.contains { $0.value < 0x20 }, "\(error)".debugDescription)
            }
        }
    }

    func testDuplicateNamesAreRefusedByTheirBytes() throws {
        assertRefused(Array(#"{"a":1,"a":1}"#.utf8))
        assertRefused(Array(#"{"a":1,"\u0061":1}"#.utf8))
        assertRefused(Array(#"[{"":1,"":2}]"#.utf8))
        let both = try parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        XCTAssertEqual(both["\u{E9}"], 1)
        XCTAssertEqual(both["e\u{301}"], 2)
        XCTAssertEqual(both.object?.count, 2)
    }

    func testDepthIsLimited() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
        }
        XCTAssertNoThrow(try JSONValue(parsing: nested(64)))
        assertRefused(nested(65))
        assertRefused(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
        assertRefused(Array(String(repeating: "{\"a\":", count: 1_000_000).utf8))
        XCTAssertNoThrow(try JSONValue(parsing: nested(2), limits: JSONLimits(depth: 2)))
        XCTAssertThrowsError(try JSONValue(parsing: nested(3), limits: JSONLimits(depth: 2)))
        XCTAssertNoThrow(try parse("[" + Array(repeating: "[[]]", count: 100).joined(separator: ",") + "]"))
    }

    func testNumberOfValuesIsLimited() {
        XCTAssertNoThrow(try JSONValue(parsing: "[1,2]", limits: JSONLimits(values: 3)))
        XCTAssertThrowsError(try JSONValue(parsing: "[1,2,3]", limits: JSONLimits(values: 3)))
    }

    func testErrorsNameThePlace() {
        let cases: [(String, Int)] = [("[1,x]", 3), ("{\"a\":1,\"a\":2}", 7), ("[1", 2), ("\"\\q\"", 2), ("1 2", 2)]
        for (text, offset) in cases {
            XCTAssertThrowsError(try parse(text)) { XCTAssertEqual(($0 as? JSONError)?.offset, offset, text) }
        }
    }

    func testEveryPrefixOfATextIsRefused() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",{"b":null}],"c":true}"#.utf8)
        XCTAssertNoThrow(try JSONValue(parsing: text))
        for end in text.indices { assertRefused(Array(text[..<end])) }
    }
}
