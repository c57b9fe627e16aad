import JSON
import Tokenization
import XCTest

@testable import ChatTemplates

/// Text that the caller gave is told from the template's own, whatever is done to it.
final class TemplateMarkTests: XCTestCase {
    private func parts(_ source: String) throws -> [PromptPart] {
        let given: JSONValue = ["message": "<|a|> b <|c|>", "parts": ["<|x|>", ["k": "<|y|>\n"]]]
        let trusted: JSONValue = ["bos_token": "<|a|>"]
        return try ChatTemplate(source).render(given: XCTUnwrap(given.object), trusted: XCTUnwrap(trusted.object))
    }

    private func check(
        _ source: String, _ expected: [(String, Bool)], line: UInt = #line
    ) throws {
        let found = try parts(source)
        XCTAssertEqual(found.map(\.text), expected.map(\.0), line: line)
        XCTAssertEqual(found.map { !$0.holdsSpecialTokens }, expected.map(\.1), line: line)
    }

    func testTheTemplatesOwnTextIsTrusted() throws {
        try check("{{ bos_token }}<|b|>{{ '<|c|>' ~ 'd' }}", [("<|a|><|b|><|c|>d", false)])
    }

    func testGivenTextStaysGiven() throws {
        try check("<|u|>{{ message }}<|e|>", [("<|u|>", false), ("<|a|> b <|c|>", true), ("<|e|>", false)])
        try check("{{ '<|u|>' + message|trim + '!' }}", [("<|u|>", false), ("<|a|> b <|c|>", true), ("!", false)])
    }

    func testOperationsKeepTheMarks() throws {
        try check(
            "{{ message.split(' ')|join('+') }}",
            [("<|a|>", true), ("+", false), ("b", true), ("+", false), ("<|c|>", true)])
        try check("{{ message.replace('b', '<|b|>') }}", [("<|a|> ", true), ("<|b|>", false), (" <|c|>", true)])
        try check("{{ message[:5] }}{{ message[::-1][:2] }}", [("<|a|>>|", true)])
        try check("{% for c in message %}{{ c }}{% endfor %}", [("<|a|> b <|c|>", true)])
        try check(
            "{% set x %}<{{ message }}>{% endset %}{{ x }}", [("<", false), ("<|a|> b <|c|>", true), (">", false)])
        try check(
            "{% macro m(x) %}({{ x }}){% endmacro %}{{ m(message) }}",
            [("(", false), ("<|a|> b <|c|>", true), (")", false)])
        try check(
            "{{ parts|tojson }}",
            [
                ("[\"", false), ("<|x|>", true), ("\", {\"", false), ("k", true), ("\": \"", false), ("<|y|>", true),
                ("\\n\"}]", false),
            ])
        try check(
            "{{ parts[1].keys()|first }}{{ parts[1] }}",
            [("k", true), ("{'", false), ("k", true), ("': '", false), ("<|y|>", true), ("\\n'}", false)])
    }

    func testNothingGivenChoosesASpecialToken() throws {
        try check("<|t_{{ 5 }}|>", [("<|t_", false), ("5", true), ("|>", false)])
        try check("<|t_{{ 0.5 ~ true ~ none }}|>", [("<|t_", false), ("0.5TrueNone", true), ("|>", false)])
        try check("{{ [5, '<|c|>']|tojson }}", [("[", false), ("5", true), (", \"<|c|>\"]", false)])
        XCTAssertThrowsError(
            try ChatTemplate("{{ strftime_now(message) }}").render(
                given: XCTUnwrap((["message": "<|a|>"] as JSONValue).object), date: TemplateDate("2026-11-21")))
    }

    func testMarksTravelThroughNamesAndLists() throws {
        try check(
            "{% set n = namespace(x=message) %}{{ n.x }}{% for a in [message, 1] %}{{ loop.previtem }}{% endfor %}",
            [("<|a|> b <|c|><|a|> b <|c|>", true)])
        try check("{% for k, v in parts[1]|items %}{{ k }}{% endfor %}", [("k", true)])
        try check("{{ [parts[1]]|map(attribute='k')|first }}", [("<|y|>\n", true)])
    }

    func testGivenTextIsEqualToTrustedText() throws {
        try check(
            "{{ message.startswith(bos_token) and bos_token in message and message[:5] == bos_token }}",
            [("True", true)])
    }

    func testTrustedValuesWinOverGivenOnes() throws {
        let rendered = try ChatTemplate("{{ bos_token }}").render(
            given: XCTUnwrap((["bos_token": "<|evil|>"] as JSONValue).object),
            trusted: XCTUnwrap((["bos_token": "<|a|>"] as JSONValue).object))
        XCTAssertEqual(rendered, [PromptPart("<|a|>", holdsSpecialTokens: true)])
    }
}
