import TestSupport
import XCTest

@testable import Server

/// Stop strings: whatever pieces a text comes in, what is shown is what stands before the first of them.
final class StopStringsTests: XCTestCase {
    /// The text up to the string that is complete first.
    private func cut(_ text: String, _ stops: [String]) -> String {
        let bytes = Array(text.utf8)
        for end in 0...bytes.count {
            let ending = stops.map { Array($0.utf8) }.filter { bytes[..<end].reversed().starts(with: $0.reversed()) }
            if let longest = ending.map(\.count).max() {
                return String(decoding: bytes[..<(end - longest)], as: UTF8.self)
            }
        }
        return text
    }

    func testRandomTextsInRandomPieces() {
        var random = SeededRandom(seed: 11)
        let letters = Array("abé ")
        func word(_ lengths: ClosedRange<Int>) -> String {
            String(
                (0..<Int.random(in: lengths, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
        }
        for _ in 0..<5000 {
            let (text, stops) = (word(0...30), (0..<Int.random(in: 0...3, using: &random)).map { _ in word(1...4) })
            var (strings, shown, rest) = (StopStrings(stops), "", text[...])
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...5, using: &random))
                rest = rest.dropFirst(piece.count)
                shown += strings.append(String(piece))
                XCTAssertTrue(cut(text, stops).hasPrefix(shown), "\(text), \(stops): \(shown)")
            }
            shown += strings.finish()
            XCTAssertEqual(shown, cut(text, stops), "\(text), \(stops)")
            XCTAssertEqual(strings.isComplete, shown != text, "\(text), \(stops)")
        }
    }

    func testNothingIsHeldBackWithoutNeed() {
        var strings = StopStrings(["END"])
        XCTAssertEqual(strings.append("the E"), "the ")
        XCTAssertEqual(strings.append("N"), "")
        XCTAssertEqual(strings.append("d"), "ENd")
        XCTAssertEqual(strings.append("EN"), "")
        XCTAssertEqual(strings.finish(), "EN")
    }
}
