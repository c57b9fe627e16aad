import XCTest

@testable import Tokenization

/// Pieces are those that the patterns would match.
final class PieceScannerTests: XCTestCase {
    func testContractionsIgnoreCaseAndKnowTheLongS() {
        XCTAssertEqual(pieces("it's IT'S 'ſx"), ["it", "'s", " IT", "'S", " '", "ſx"])
        XCTAssertEqual(pieces("a'ſb'LLc'lo"), ["a", "'ſ", "b", "'LL", "c", "'lo"])
    }

    func testDigitsAreGroupedAsTheModelWantsThem() {
        XCTAssertEqual(pieces("12345", .qwen), ["1", "2", "3", "4", "5"])
        XCTAssertEqual(pieces("12345", .llama3), ["123", "45"])
    }

    func testTheLastSpaceGoesWithTheWord() {
        XCTAssertEqual(pieces("a   b"), ["a", "  ", " b"])
        XCTAssertEqual(pieces("a  \n  b \n"), ["a", "  \n", " ", " b", " \n"])
        XCTAssertEqual(pieces("a   "), ["a", "   "])
        XCTAssertEqual(pieces("\t\tb\u{A0}!"), ["\t", "\tb", "\u{A0}", "!"])
    }

    func testPunctuationTakesTheNewlinesBehindIt() {
        XCTAssertEqual(pieces("x = 1.\n\nSo"), ["x", " =", " ", "1", ".\n\n", "So"])
    }

    func testEdgeScalarsAreWhatTheLibraryTakesThemFor() {
        // U+0085 is a space; U+180E, U+200B and U+FEFF are none.
        XCTAssertEqual(pieces("a\u{85}\u{85}b"), ["a", "\u{85}", "\u{85}b"])
        for scalar in ["\u{180E}", "\u{200B}", "\u{FEFF}"] {
            XCTAssertEqual(pieces("a\(scalar)\(scalar)!"), ["a", "\(scalar)\(scalar)!"])
        }
    }

    func testPiecesJoinedAreTheText() throws {
        let text = "'\u{17F}'l\r\n \u{3000}12½a\u{301}b\u{10FFFF}'"
        XCTAssertTrue(pieces(text).joined().utf8.elementsEqual(text.utf8))
    }

    private func pieces(_ text: String, _ pattern: SplitPattern = .qwen) -> [String] {
        var copy = text
        return copy.withUTF8 { bytes in
            var scanner = PieceScanner(bytes, pattern: pattern)
            var pieces: [String] = []
            while let piece = scanner.next() { pieces.append(String(decoding: piece, as: UTF8.self)) }
            return pieces
        }
    }
}
