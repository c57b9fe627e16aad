import SpecSearch
import TestSupport
import XCTest

@testable import specsearch

/// The tree at a terminal: whatever a model writes, lines stay within the window.
final class LevelPictureTests: XCTestCase {
    func testLinesFitTheWindow() async throws {
        let reasoner = try await Reasoner(bundle: RepositoryRoot.path(of: "Weights/qwen"))
        var picture = LevelPicture()
        for try await event in reasoner.events(for: "Reach 36 from 1 8 12 16.") {
            switch event {
            case .proposed(let thought): picture.add(thought, isCorrection: false)
            case .corrected(let thought): picture.add(thought, isCorrection: true)
            case .scored(let id, let score): picture.update(id) { $0.score = score }
            case .rejected(let id): picture.update(id) { $0.state = .rejected }
            case .kept(let id): picture.update(id) { $0.state = .kept }
            default: break
            }
            for (columns, rows) in [(80, 24), (30, 10), (12, 3)] {
                let lines = picture.lines(columns: columns, rows: rows, .standardError)
                XCTAssertLessThanOrEqual(lines.count, rows, "\(columns) × \(rows)")
                for line in lines { XCTAssertLessThanOrEqual(line.count, columns, line) }
            }
        }
        XCTAssertFalse(picture.entries.isEmpty)
    }

    func testTextsAreCutByColumns() {
        XCTAssertEqual(TerminalText.cut("abcdef", to: 6), "abcdef")
        XCTAssertEqual(TerminalText.cut("abcdefg", to: 6), "abcde…")
        XCTAssertEqual(TerminalText.cut("数学数学", to: 8), "数学数学")
        XCTAssertEqual(TerminalText.cut("数学数学", to: 7), "数学数…")
        XCTAssertEqual(TerminalText.cut("数学数学", to: 6), "数学…")
        XCTAssertEqual(TerminalText.cut("✅⭐⚡", to: 5), "✅⭐…")
        XCTAssertEqual(TerminalText.cut("e\u{301}e\u{301}e\u{301}", to: 3), "e\u{301}e\u{301}e\u{301}")
        XCTAssertEqual(TerminalText.cut("abc", to: 1), "…")
        XCTAssertEqual(TerminalText.cut("abc", to: 0), "")
    }

    func testNothingSteersTheTerminal() {
        XCTAssertEqual(TerminalText.oneLine("a\u{1B}[2Jb\n\u{7}c\u{202E}d\u{2028}e \n"), "a [2Jb  cd e")
        XCTAssertEqual(TerminalText.lines("a\u{1B}[2Jb\n\u{9B}\tc\r\u{202E}d👩\u{200D}🔬"), "a[2Jb\n\tcd👩\u{200D}🔬")
    }
}
