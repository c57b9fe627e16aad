import TestSupport
import XCTest

@testable import Tokenization

/// Normalisation form C (Unicode Standard Annex 15).
final class CanonicalCompositionTests: XCTestCase {
    func testMarksJoinTheirLettersWhateverTheirOrder() {
        XCTAssertEqual(normalized("e\u{301}"), [0xE9])
        XCTAssertEqual(normalized("a\u{302}\u{323}"), [0x1EAD])
        XCTAssertEqual(normalized("a\u{323}\u{302}"), [0x1EAD])
        XCTAssertEqual(normalized("q\u{307}\u{323}"), [0x71, 0x323, 0x307])
        XCTAssertEqual(normalized("\u{301}a"), [0x301, 0x61])
    }

    func testAMarkOfTheSameClassBlocksTheNext() {
        XCTAssertEqual(normalized("a\u{304}\u{308}"), [0x101, 0x308])
        XCTAssertEqual(normalized("a\u{305}\u{308}"), [0x61, 0x305, 0x308])
    }

    func testHangulIsComputed() {
        XCTAssertEqual(normalized("\u{1100}\u{1161}\u{11A8}"), [0xAC01])
        XCTAssertEqual(normalized("\u{AC00}\u{11A8}"), [0xAC01])
        XCTAssertEqual(normalized("\u{AC01}\u{11A8}"), [0xAC01, 0x11A8])
        XCTAssertEqual(normalized("\u{1100}\u{11A8}"), [0x1100, 0x11A8])
    }

    func testSingletonsAndExclusionsStayApart() {
        XCTAssertEqual(normalized("\u{212B}\u{2126}"), [0xC5, 0x3A9])
        XCTAssertEqual(normalized("\u{958}"), [0x915, 0x93C])
        XCTAssertEqual(normalized("\u{344}"), [0x308, 0x301])
    }

    func testNormalisedTextIsLeftAlone() throws {
        let fixture = try TokenizerFixture("small.json")
        var random = SeededRandom(seed: 5)
        for _ in 0..<300 {
            var once = fixture.text(&random)
            let first = once.withUTF8 { CanonicalComposition.normalized($0) ?? Array($0) }
            let second = first.withUnsafeBufferPointer { CanonicalComposition.normalized($0) ?? Array($0) }
            XCTAssertEqual(first, second, once.debugDescription)
        }
        for var text in ["plain", "naïve café Ελληνικά 가각 你好 👩‍👩‍👧‍👦", ""] {
            XCTAssertNil(text.withUTF8 { CanonicalComposition.normalized($0) }, text)
        }
    }

    private func normalized(_ text: String) -> [UInt32] {
        var copy = text
        let bytes = copy.withUTF8 { CanonicalComposition.normalized($0) ?? Array($0) }
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.map(\.value)
    }
}
