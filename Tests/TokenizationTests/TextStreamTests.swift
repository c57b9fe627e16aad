import TestSupport
import XCTest

@testable import Tokenization

/// Text and tokens belong together, whole and token by token.
final class TextStreamTests: XCTestCase {
    private static let seed = UInt64.random(in: .min ... .max)

    func testDecodingGivesBackTheText() throws {
        let fixture = try TokenizerFixture("small.json")
        let bundled = try Tokenizer(file: TokenizerFixture.bundledFile())
        let normalizing = try Tokenizer(file: fixture.changedFile())
        print("seed \(TextStreamTests.seed)")
        var random = SeededRandom(seed: TextStreamTests.seed)
        for _ in 0..<500 {
            let text = fixture.text(&random)
            assertEqualBytes(bundled.decode(bundled.encode(text)), text)
            var copy = text
            let normalized = copy.withUTF8 { CanonicalComposition.normalized($0) ?? Array($0) }
            let decoded = normalizing.decode(normalizing.encode(text), skipsSpecialTokens: true)
            assertEqualBytes(decoded, String(decoding: normalized, as: UTF8.self))
        }
    }

    func testStreamedTextIsTheWholeTextAndNeverHalfACharacter() throws {
        let fixture = try TokenizerFixture("small.json")
        let tokenizer = try Tokenizer(file: TokenizerFixture.bundledFile())
        print("seed \(TextStreamTests.seed)")
        var random = SeededRandom(seed: TextStreamTests.seed)
        for _ in 0..<300 {
            // Scalar by scalar: as a character it may carry accents.
            let scalars = fixture.text(&random).unicodeScalars.filter { $0 != "\u{FFFD}" }
            let text = String(String.UnicodeScalarView(scalars))
            var stream = TextStream(tokenizer)
            var streamed = ""
            for token in tokenizer.encode(text) {
                let characters = stream.append(token)
                XCTAssertFalse(characters.unicodeScalars.contains("\u{FFFD}"), text.debugDescription)
                streamed += characters
            }
            XCTAssertEqual(stream.finish(), "")
            assertEqualBytes(streamed, text)
        }
    }

    func testStreamedRandomTokensAreTheWholeText() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture.bundledFile())
        print("seed \(TextStreamTests.seed)")
        var random = SeededRandom(seed: TextStreamTests.seed)
        for _ in 0..<2000 {
            let tokens = (0..<random.below(30)).map { _ in Int32(random.below(tokenizer.vocabularySize)) }
            var stream = TextStream(tokenizer, skipsSpecialTokens: true)
            let streamed = tokens.map { stream.append($0) }.joined() + stream.finish()
            assertEqualBytes(streamed, tokenizer.decode(tokens, skipsSpecialTokens: true))
        }
    }

    /// What the `tokenizers` library gives for these.
    func testRunsOfByteTokens() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture.json("sentencepiece-tokenizer.json"))
        func text(_ bytes: [UInt8?]) throws -> String {
            let unknown = Int32(tokenizer.vocabularySize) + 7
            return tokenizer.decode(
                try bytes.map { byte in
                    try byte.map { try XCTUnwrap(tokenizer.token(for: TokenSpelling.spelling(ofByte: $0))) } ?? unknown
                })
        }
        assertEqualBytes(try text([0xC3, 0xA9]), "é")
        assertEqualBytes(try text([0xC3, nil, 0xA9]), "é")
        assertEqualBytes(try text([0xC3]), "\u{FFFD}")
        assertEqualBytes(try text([0xC3, 0xA9, 0xFF]), "\u{FFFD}\u{FFFD}\u{FFFD}")
        // The first space is dropped, and nothing that combines with it.
        assertEqualBytes(try text([0x20, 0xCC, 0x88]), "\u{308}")
        assertEqualBytes(try text([0x61, 0x20]), "a ")
    }

    /// What continues a text keeps its first space, which a text of its own loses in vocabularies like Llama 2's.
    func testTheFirstSpaceOfAContinuation() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture.json("sentencepiece-tokenizer.json"))
        let tokens = tokenizer.encode("the", addsPrefix: false)
        func text(_ stream: TextStream) -> String {
            var stream = stream
            return tokens.map { stream.append($0) }.joined() + stream.finish()
        }
        assertEqualBytes(text(TextStream(tokenizer)), "the")
        assertEqualBytes(text(TextStream(tokenizer, continuesText: true)), " the")
    }

    func testHalfACharacterWaitsForItsEnd() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture.bundledFile())
        var stream = TextStream(tokenizer)
        let tokens = tokenizer.encode("€")
        XCTAssertEqual(tokens.count, 3)
        XCTAssertEqual(stream.append(tokens[0]), "")
        XCTAssertEqual(stream.append(tokens[1]), "")
        XCTAssertEqual(stream.append(tokens[2]), "€")
        XCTAssertEqual(stream.append(tokens[0]), "")
        XCTAssertEqual(stream.append(tokenizer.encode("a")[0]), "\u{FFFD}a")
        XCTAssertEqual(stream.append(tokens[0]), "")
        XCTAssertEqual(stream.finish(), "\u{FFFD}")
    }

    private func assertEqualBytes(_ text: String, _ expected: String, line: UInt = #line) {
        XCTAssertTrue(
            text.utf8.elementsEqual(expected.utf8), "\(text.debugDescription) != \(expected.debugDescription)",
            line: line)
    }
}
