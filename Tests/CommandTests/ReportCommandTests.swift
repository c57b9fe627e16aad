import Foundation
import JSON
import SearchPage
import TestSupport
import XCTest

/// `solve --report`: one page that holds the search, and nothing that leads out of it.
final class ReportCommandTests: XCTestCase {
    private let path = FileManager.default.temporaryDirectory.path + "/report-\(UUID().uuidString).html"
    private let opening = "<script type=\"application/json\" id=\"recording\">"

    override func tearDown() { try? FileManager.default.removeItem(atPath: path) }

    /// What a page's recording says.
    private func recording(in page: String) throws -> JSONValue {
        let parts = page.components(separatedBy: opening)
        XCTAssertEqual(parts.count, 2)
        return try JSONValue(parsing: parts[1].components(separatedBy: "</script>")[0])
    }

    func testThePageHoldsTheSearch() throws {
        let result = try Command.specsearch.run(
            ["solve", "Reach 14 from 3 9 12 14.", "--quiet", "--json", "--report", path])
        let output = try result.json()
        let page = try String(contentsOfFile: path, encoding: .utf8)
        let recording = try recording(in: page)
        XCTAssertEqual(recording["question"], output["question"])
        XCTAssertEqual(recording["counters"], output["counters"])
        let written = recording["events"]?.array?.compactMap { $0["thought"]?["text"]?.string }
        XCTAssertEqual(written, output["thoughts"]?.array?.compactMap { $0["text"]?.string })
        XCTAssertFalse(page.contains("http://") && page.contains("src=\"http"), "the page loads something")
    }

    func testTextsStayInTheirPlace() throws {
        let hostile =
            "</script>\u{600}</script>\u{301}<script>alert(1)</script><\u{301}!-- \u{2028} & \" \\ <img src=x onerror=alert(1)>"
        let page = SearchPage.report(of: ["question": .string(hostile)])
        XCTAssertEqual(try recording(in: page)["question"]?.string, hostile)
        XCTAssertEqual(
            page.components(separatedBy: "</script>").count, SearchPage.live.components(separatedBy: "</script>").count)
        XCTAssertFalse(page.contains("<img src=x"))
        XCTAssertEqual(try recording(in: SearchPage.live), .null)
    }

    func testAPathThatCannotBeWrittenIsRefusedBeforeTheSearch() throws {
        try Command.specsearch.assertRefuses(
            ["solve", "Reach 14 from 3 9 12 14.", "--quiet", "--report", "/nowhere/report.html"], code: 64,
            saying: "/nowhere/report.html", "--report")
        try Command.specsearch.assertRefuses(
            ["solve", "Reach 14 from 3 9 12 14.", "--quiet", "--report", "/dev/null"], code: 64,
            saying: "/dev/null", "--report")
        try Command.specsearch.assertRefuses(
            ["solve", "Reach 14 from 3 9 12 14.", "--quiet", "--memory", "/nowhere/memory.json"], code: 64,
            saying: "/nowhere/memory.json", "--memory")
        let attributes = try FileManager.default.attributesOfItem(atPath: "/dev/null")
        XCTAssertEqual(attributes[.type] as? FileAttributeType, .typeCharacterSpecial, "the device was replaced")
    }
}
