import Files
import Foundation
import JSON
import TestSupport
import Tokenization
import XCTest

@testable import ChatTemplates

/// Templates render as `jinja2` renders them: Tools/parity/make_template_fixture.py.
final class ChatTemplateParityTests: XCTestCase {
    private let date = TemplateDate(year: 2026, month: 3, day: 7, hour: 14, minute: 5, second: 9)

    private func fixture(_ name: String) throws -> JSONValue {
        let path = RepositoryRoot.path(of: "Tests/ChatTemplatesTests/Fixtures/" + name)
        return try JSONValue(parsing: InputFile(path: path, followsLinks: true).readAll(limit: 1 << 24))
    }

    private func render(_ source: String, _ values: JSONValue?) throws -> String {
        try ChatTemplate(source).render(given: XCTUnwrap(values?.object), date: date).map(\.text).joined()
    }

    func testSmallTemplatesRenderAsInJinja() throws {
        let root = try fixture("cases.json")
        let cases = try XCTUnwrap(root["cases"]?.array)
        XCTAssertGreaterThan(cases.count, 600)
        for example in cases {
            let source = try XCTUnwrap(example["template"]?.string)
            if let expected = example["text"]?.string {
                do {
                    let found = try render(source, root["values"])
                    XCTAssertEqual(
                        Array(found.unicodeScalars), Array(expected.unicodeScalars),
                        "\(source.debugDescription) gives \(found.debugDescription), not \(expected.debugDescription)")
                } catch {
                    XCTFail("\(source.debugDescription): \(error)")
                }
            } else {
                XCTAssertThrowsError(try render(source, root["values"]), source) { XCTAssert($0 is TemplateError) }
            }
        }
    }

    func testPublishedTemplatesRenderAsInJinja() throws {
        guard let data = ProcessInfo.processInfo.environment["SPECSEARCH_DATA"] else {
            throw XCTSkip("published templates are compared only when SPECSEARCH_DATA names a folder with them")
        }
        let conversations = try XCTUnwrap(fixture("conversations.json").array)
        let published = try XCTUnwrap(fixture("published.json").object)
        XCTAssertGreaterThanOrEqual(published.count, 11)
        for member in published.members {
            let source = try template(member.name, in: data)
            let expected = try XCTUnwrap(member.value.array).compactMap(\.string)
            XCTAssertEqual(expected.count, conversations.count)
            for (index, values) in conversations.enumerated() {
                let found = (try? render(source, values)).map { digest($0.utf8) }
                XCTAssertEqual(found ?? "refused", expected[index], "\(member.name), conversation \(index)")
            }
        }
    }

    private func template(_ name: String, in data: String) throws -> String {
        guard name.hasPrefix("tokenizers/") else {
            return try String(contentsOfFile: "\(data)/chat-templates/\(name).jinja", encoding: .utf8)
        }
        let file = try InputFile(path: "\(data)/\(name)/tokenizer_config.json", followsLinks: true)
        return try XCTUnwrap(JSONValue(parsing: file.readAll(limit: 1 << 24))["chat_template"]?.string)
    }

    /// FNV-1a over 64 bits, in hexadecimal digits.
    private func digest(_ bytes: some Sequence<UInt8>) -> String {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
