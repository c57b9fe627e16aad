import JSON
import TestSupport
import XCTest

final class ValueTests: XCTestCase {
    func testSerializedTextIsReadBackAsTheSameValue() throws {
        let value: JSONValue = [
            "text": "a\"\\/\u{8}\u{C}\n\r\t\0\u{1F}\u{7F}é😀\u{2028}", "numbers": [0, -1, 1.5, 1e300, 1e-300, 0.1],
            "nested": ["empty": [], "object": [:], "null": .null, "flags": [true, false]],
        ]
        let text = value.serialized()
        XCTAssertEqual(try JSONValue(parsing: text), value)
        XCTAssertEqual(try JSONValue(parsing: text).serialized(), text, "the order is kept")
    }

    func testNumbersKeepEveryBit() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<20_000 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            let text = JSONValue.number(number).serialized()
            guard case .number(let found) = try JSONValue(parsing: text) else { return XCTFail(text) }
            XCTAssertEqual(found.bitPattern, number.bitPattern, text)
        }
        for integer in [Int.min, -1, 0, .max] {
            XCTAssertEqual(try JSONValue(parsing: JSONValue.integer(integer).serialized()), .integer(integer))
        }
    }

    func testNumbersWithoutJSONFormBecomeNull() {
        XCTAssertEqual(JSONValue.array([.number(.nan), .number(.infinity)]).serialized(), "[null,null]")
    }

    func testControlCharactersAreEscaped() {
        XCTAssertEqual(JSONValue.string("\u{0}\u{1F}\"\\\n/").serialized(), #""\u0000\u001f\"\\\n/""#)
    }

    func testObjectsKeepOrderAndCompareWithoutIt() {
        let one: JSONValue = ["a": 1, "b": 2]
        let other: JSONValue = ["b": 2, "a": 1]
        XCTAssertEqual(one, other)
        XCTAssertEqual(one.hashValue, other.hashValue)
        XCTAssertNotEqual(one, ["a": 1, "b": 3])
        XCTAssertNotEqual(one, ["a": 1])
        XCTAssertEqual(other.serialized(), #"{"b":2,"a":1}"#)
    }

    func testAccessGivesNilForOtherKinds() {
        let value: JSONValue = ["i": 1, "n": 1.5, "s": "x", "b": true, "a": [1], "o": ["k": .null]]
        XCTAssertEqual(value["i"]?.int, 1)
        XCTAssertEqual(value["i"]?.double, 1)
        XCTAssertNil(value["n"]?.int)
        XCTAssertEqual(value["n"]?.double, 1.5)
        XCTAssertNil(value["b"]?.int)
        XCTAssertEqual(value["b"]?.bool, true)
        XCTAssertEqual(value["s"]?.string, "x")
        XCTAssertNil(value["s"]?.array)
        XCTAssertEqual(value["a"]?.array, [1])
        XCTAssertEqual(value["o"]?["k"], .null)
        XCTAssertNil(value["o"]?["missing"])
        XCTAssertNil(value["s"]?["k"])
        XCTAssertEqual(value["o"]?.kind, "object")
        XCTAssertEqual(JSONValue.null.kind, "null")
    }

    func testSetReplacesInPlaceAndAppendRefusesTwice() {
        var object = JSONObject()
        XCTAssertTrue(object.append("a", 1))
        XCTAssertTrue(object.append("b", 2))
        XCTAssertFalse(object.append("a", 3))
        object.set("a", 4)
        object.set("c", 5)
        XCTAssertEqual(JSONValue.object(object).serialized(), #"{"a":4,"b":2,"c":5}"#)
    }
}
