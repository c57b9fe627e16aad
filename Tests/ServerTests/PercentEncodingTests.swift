import XCTest

@testable import Server

/// Names of models as clients put them into paths.
final class PercentEncodingTests: XCTestCase {
    func testEscapesAreBytesOfUTF8() {
        XCTAssertEqual(PercentEncoding.decoded("Qwen%2FQwen3-0.6B"), "Qwen/Qwen3-0.6B")
        XCTAssertEqual(PercentEncoding.decoded("a%20%e6%95%B0"), "a 数")
        XCTAssertEqual(PercentEncoding.decoded("plain/name"), "plain/name")
        XCTAssertEqual(PercentEncoding.decoded(""), "")
        for broken in ["%", "a%2", "%zz", "%+1", "%e6", "%ff"] { XCTAssertNil(PercentEncoding.decoded(broken), broken) }
    }
}
