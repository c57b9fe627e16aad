import Foundation
import JSON
import Tokenization
import XCTest

@testable import ChatTemplates

/// No template takes more time, text or stack than it may.
final class TemplateLimitTests: XCTestCase {
    private static func render(_ source: String, _ limits: TemplateLimits = .init(steps: 200_000, output: 10_000))
        throws -> String
    {
        try ChatTemplate(source, limits: limits).render(given: JSONObject()).map(\.text).joined()
    }

    private static func refuses(_ source: String) -> Bool {
        do {
            _ = try render(source)
            return false
        } catch {
            return error is TemplateError
        }
    }

    private func expectLimit(_ resource: String, _ source: String, line: UInt = #line) {
        XCTAssertThrowsError(try Self.render(source), line: line) { error in
            guard case TemplateError.limit(_, resource, _) = error else { return XCTFail("\(error)", line: line) }
        }
    }

    func testLoopsEnd() {
        expectLimit("steps", "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}")
        expectLimit("elements of a range", "{% for a in range(100001) %}{% endfor %}")
        expectLimit("elements of a range", "{% for a in range(-5, 1000000000000000000) %}{% endfor %}")
        for step in ["9223372036854775807", "-9223372036854775807", "0"] {
            XCTAssert(Self.refuses("{{ range(0, 1, \(step)) }}"), step)
        }
    }

    /// Whatever a template has compared, sought or split, it takes a moment.
    func testTimeIsBoundedByTheSteps() throws {
        let limits = TemplateLimits(steps: 4_000_000)
        let long =
            "{% set n = namespace(a='a', b='a') %}{% for i in range(17) %}{% set n.a = n.a + n.a %}{% endfor %}"
            + "{% for i in range(16) %}{% set n.b = n.b + n.b %}{% endfor %}{% set n.b = n.b + 'b' %}"
        let bodies = [
            "{{ n.b in n.a }}", "{{ n.a.split(n.b)|length }}", "{{ n.a|replace(n.b, '')|length }}", "{{ n.a < n.b }}",
            "{{ n.a.startswith(n.b) }}", "{{ {n.a: 1}[n.a] }}", "{{ n.a.strip(n.b)|length }}",
            "{{ range(9999)|map(attribute=n.a)|list|length }}", "{{ [1]|selectattr(n.a)|list|length }}",
            "{% set l = n.a|list %}{{ l|join }}", "{% set m = {n.a: 1} %}", "{{ n.a|list|map(attribute='')|first }}",
            String(repeating: "{% set x %}{% endset %}", count: 5_000),
        ]
        for body in bodies {
            let start = ContinuousClock.now
            for source in [long + body, long + "{% for i in range(99999) %}\(body){% endfor %}"] {
                _ = try? ChatTemplate(source, limits: limits).render(given: JSONObject())
            }
            XCTAssertLessThan(ContinuousClock.now - start, .seconds(20), body)
        }
    }

    func testTextDoesNotGrowWithoutBound() {
        let doubling = "{% set n = namespace(s='xx') %}{% for a in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}"
        expectLimit("steps", doubling)
        expectLimit(
            "steps", "{% set n = namespace(s=['x']) %}{% for a in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}")
        expectLimit(
            "steps",
            "{% set n = namespace(s='x') %}{% for a in range(99) %}{% set n.s = n.s|replace('x', 'xx') %}{% endfor %}")
        expectLimit(
            "steps", "{% set n = namespace(s='x') %}{% for a in range(99) %}{% set n.s = [n.s, n.s]|join %}{% endfor %}"
        )
        expectLimit(
            "steps",
            "{% set n = namespace(s='x') %}{% for a in range(99) %}{% set n.s = [n.s, n.s]|tojson %}{% endfor %}")
        expectLimit(
            "steps",
            "{% set n = namespace(s=[1]) %}{% for a in range(99) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}")
        expectLimit("characters of text", "{% for a in range(9999) %}ten letters{% endfor %}")
    }

    func testMacrosEnd() {
        expectLimit("macros that call each other", "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}")
    }

    /// Twice as deep as any stack of half a megabyte would hold, if nothing were counted.
    func testNothingNestsTooDeep() {
        let thread = Thread {
            let brackets = [
                ("(", ")"), ("[", "]"), ("{'a':", "}"), ("not ", ""), ("x[", "]"), ("x(", ")"), ("1 if ", ""),
            ]
            for (open, close) in brackets {
                let source =
                    "{{ " + String(repeating: open, count: 20_000) + "1" + String(repeating: close, count: 20_000)
                    + " }}"
                XCTAssert(Self.refuses(source), open)
            }
            for link in [" + 1", " ~ 1", ".a", "[0]", "|trim", " and 1", " or 0", " if 1 else 1", " is none", "()"] {
                let source = "{{ 1" + String(repeating: link, count: 20_000) + " }}"
                XCTAssert(Self.refuses(source), link)
            }
            for block in ["{% if 1 %}", "{% for a in [1] %}", "{% set x %}"] {
                XCTAssert(Self.refuses(String(repeating: block, count: 20_000)), block)
            }
        }
        thread.stackSize = 512 * 1024
        thread.start()
        while !thread.isFinished { Thread.sleep(forTimeInterval: 0.01) }
    }

    /// As deep as is allowed, on a stack of a megabyte, in a build without optimisation.
    func testWhatIsAllowedFitsIntoTheStack() throws {
        let thread = Thread {
            let brackets =
                "{{ " + String(repeating: "[", count: 30) + "1" + String(repeating: "]", count: 30)
                + "|string|length }}"
            XCTAssertEqual(try? Self.render(brackets), "61")
            let nested = String(repeating: "{% if 1 %}", count: 48) + "x" + String(repeating: "{% endif %}", count: 48)
            XCTAssertEqual(try? Self.render(nested), "x")
            let chain = "{{ 1" + String(repeating: " + 1", count: 98) + " }}"
            XCTAssertEqual(try? Self.render(chain), "99")
            let lists = "{% set n = namespace(l=1) %}{% for i in range(127) %}{% set n.l = [n.l] %}{% endfor %}"
            XCTAssertEqual(try? Self.render(lists + "{{ n.l|tojson|length }}"), "255")
            // Deeper and deeper, until it is refused.
            let macro = "{% macro m(n) %}{% if n %}{{ (n - 1) and m(n - 1) }}{% endif %}{{ n }}{% endmacro %}"
            let depths = (1...40).map { (try? Self.render(macro + "{{ m(\($0)) }}")) != nil }
            XCTAssertEqual(depths, depths.sorted { $0 && !$1 })
            XCTAssertGreaterThan(depths.filter { $0 }.count, 10)
        }
        thread.stackSize = 1 << 20
        thread.start()
        while !thread.isFinished { Thread.sleep(forTimeInterval: 0.01) }
    }

    func testSourceIsBounded() {
        XCTAssertThrowsError(try ChatTemplate("x", limits: TemplateLimits(source: -5)))
        XCTAssertNoThrow(try ChatTemplate("x", limits: TemplateLimits(source: .max)))
        XCTAssertThrowsError(try ChatTemplate(String(repeating: "x", count: 262_145)))
    }

    /// Values that hold each other would take the stack with them when they go.
    func testLoopsCannotBeKept() {
        for source in ["{% set n.l = loop %}", "{{ [loop] }}", "{{ f(loop) }}", "{% for x in loop %}{% endfor %}"] {
            XCTAssertThrowsError(try ChatTemplate("{% for x in [1] %}\(source){% endfor %}"), source) { error in
                guard case TemplateError.unsupported = error else { return XCTFail("\(error)") }
            }
        }
        XCTAssertEqual(
            try Self.render("{% for x in 'ab' %}{{ loop.index }}{{ loop is defined }}{% endfor %}"), "1True2True")
    }

    func testNamesAreBounded() {
        let names = (0...64).map { "a\($0)" }.joined(separator: ", ")
        expectLimit("names beside each other", "{% for \(names) in [] %}{% endfor %}")
        expectLimit("names beside each other", "{% macro m(\(names)) %}{% endmacro %}")
        expectLimit("characters of a name", "{{ \(String(repeating: "x", count: 257)) }}")
    }

    func testOtherFilesAreOutOfReach() {
        for source in ["{% include 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}", "{% extends 'x' %}"] {
            XCTAssertThrowsError(try ChatTemplate(source), source) { error in
                guard case TemplateError.unsupported = error else { return XCTFail("\(error)") }
            }
        }
        XCTAssertThrowsError(try Self.render("{{ 'x'|attr('y') }}")) { error in
            guard case TemplateError.unsupported = error else { return XCTFail("\(error)") }
        }
    }

    func testPrivateNamesAreOutOfReach() {
        for source in ["{{ ''.__class__ }}", "{{ x._private }}"] {
            XCTAssertThrowsError(try ChatTemplate(source)) { error in
                guard case TemplateError.unsupported = error else { return XCTFail("\(error)") }
            }
        }
        XCTAssertEqual(try Self.render("{{ ''['__class__'] is defined }}"), "False")
    }
}
