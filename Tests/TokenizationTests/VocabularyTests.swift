import JSON
import XCTest

@testable import Tokenization

/// Tokens, their bytes and their spellings.
final class VocabularyTests: XCTestCase {
    func testAFolderAndItsFileAreTheSameTokenizer() throws {
        let folder = try Tokenizer(contentsOf: TokenizerFixture.folder)
        let file = try Tokenizer(contentsOf: TokenizerFixture.folder + "/tokenizer.json")
        XCTAssertNil(folder.firstDifference(from: file))
        XCTAssertEqual(folder.vocabularySize, 504)
    }

    func testBytesOfTokensAreTheTextTheyStandFor() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture("small.json").changedFile())
        let newline = try XCTUnwrap(tokenizer.token(for: "Ċ"))
        XCTAssertEqual(Array(tokenizer.bytes(of: newline)), [0x0A])
        let space = try XCTUnwrap(tokenizer.token(for: "Ġ"))
        XCTAssertEqual(Array(tokenizer.bytes(of: space)), [0x20])
        XCTAssertEqual(Array(tokenizer.bytes(of: 506)), Array("<think>".utf8))
        XCTAssertEqual(Array(tokenizer.bytes(of: 511)), Array("\u{AC01}".utf8))
        XCTAssertTrue(tokenizer.bytes(of: -1).isEmpty)
        XCTAssertTrue(tokenizer.bytes(of: 512).isEmpty)
    }

    func testSpellingsLeadBackToTheirTokens() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture("small.json").changedFile())
        XCTAssertEqual(tokenizer.vocabularySize, 512)
        for token in 0..<Int32(tokenizer.vocabularySize) {
            let spelling = try XCTUnwrap(tokenizer.text(of: token))
            XCTAssertEqual(tokenizer.token(for: spelling), token, spelling)
        }
        XCTAssertNil(tokenizer.text(of: 512))
        XCTAssertNil(tokenizer.token(for: "no such token"))
    }

    func testLookupComparesBytes() throws {
        var editor = FileEditor(try TokenizerFixture.bundledFile())
        try editor.appendAddedToken("<caf\u{E9}>", id: 504, special: false)
        try editor.appendAddedToken("<cafe\u{301}>", id: 505, special: false)
        let tokenizer = try Tokenizer(file: editor.file)
        XCTAssertEqual(tokenizer.token(for: "<caf\u{E9}>"), 504)
        XCTAssertEqual(tokenizer.token(for: "<cafe\u{301}>"), 505)
    }

    func testOnlyMarkedTokensAreSpecial() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture("small.json").changedFile())
        let special = (Int32(-1)..<600).filter { tokenizer.isSpecial($0) }
        XCTAssertEqual(special, [0, 504, 505, 508])
    }

    func testMergesMayBeWrittenAsOneStringOrTwo() throws {
        var editor = FileEditor(try TokenizerFixture.bundledFile())
        let pairs = try XCTUnwrap(editor.file["model"]?["merges"]?.array)
        let joined = pairs.map { JSONValue.string("\($0.array?[0].string ?? "") \($0.array?[1].string ?? "")") }
        let original = try Tokenizer(file: editor.file)
        try editor.setModel("merges", .array(joined))
        let text = "The friends give 5 * 15 = 75 cards.\nPaul now has 99 + 75 = 174 cards.\n"
        XCTAssertEqual(try Tokenizer(file: editor.file).encode(text), original.encode(text))
    }

    func testTheFirstDifferenceOfTwoVocabulariesIsNamed() throws {
        let bundled = try Tokenizer(file: TokenizerFixture.bundledFile())
        XCTAssertNil(bundled.firstDifference(from: bundled))
        let changed = try Tokenizer(file: TokenizerFixture("small.json").changedFile())
        let longer = VocabularyDifference(token: 504, text: nil, otherText: "<|begin_of_text|>")
        XCTAssertEqual(bundled.firstDifference(from: changed), longer)

        var editor = FileEditor(try TokenizerFixture.bundledFile())
        try editor.setToken("Q", .integer(Int(try XCTUnwrap(bundled.token(for: "R")))))
        try editor.setToken("R", .integer(Int(try XCTUnwrap(bundled.token(for: "Q")))))
        let swapped = try Tokenizer(file: editor.file)
        let difference = try XCTUnwrap(bundled.firstDifference(from: swapped))
        XCTAssertEqual(difference.token, min(bundled.token(for: "Q") ?? 0, bundled.token(for: "R") ?? 0))
        XCTAssertEqual([difference.text, difference.otherText], ["Q", "R"])
    }
}
