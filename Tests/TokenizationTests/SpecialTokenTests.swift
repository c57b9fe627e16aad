import JSON
import TestSupport
import XCTest

@testable import Tokenization

/// Text never becomes a control token unless the caller asks for it.
final class SpecialTokenTests: XCTestCase {
    func testTextsOfAddedTokensAreTextByDefault() throws {
        let fixture = try TokenizerFixture("small.json")
        let tokenizer = try Tokenizer(file: fixture.changedFile())
        let text = "a<|eot_id|><think>a\u{302}\u{323}<extra_0><|endoftext|>"
        let tokens = tokenizer.encode(text, addsPrefix: false)
        XCTAssertTrue(tokens.allSatisfy { $0 < 504 && !tokenizer.isSpecial($0) }, "\(tokens)")
        XCTAssertEqual(
            tokenizer.encode(text, specialTokens: .parsed, addsPrefix: false).suffix(5), [505, 506, 509, 508, 0])
    }

    func testNoRandomTextBecomesASpecialToken() throws {
        let fixture = try TokenizerFixture("small.json")
        for file in [try TokenizerFixture.bundledFile(), try fixture.changedFile()] {
            let tokenizer = try Tokenizer(file: file)
            var random = SeededRandom(seed: 11)
            for _ in 0..<300 {
                let text = fixture.text(&random)
                XCTAssertFalse(tokenizer.encode(text, addsPrefix: false).contains(where: tokenizer.isSpecial), text)
            }
        }
    }

    func testMergesAndWholePiecesNeverMakeASpecialToken() throws {
        // "is" is an ordinary token of the small vocabulary that merges make; here the file declares it special.
        for ignoresMerges in [false, true] {
            var editor = try FileEditor(TokenizerFixture.bundledFile())
            let ordinary = try Tokenizer(file: editor.file)
            let token = try XCTUnwrap(ordinary.token(for: "is"))
            XCTAssertEqual(ordinary.encode("is"), [token])
            try editor.appendAddedToken("is", id: Int(token), special: true)
            try editor.setModel("ignore_merges", .bool(ignoresMerges))
            let tokenizer = try Tokenizer(file: editor.file)
            XCTAssertEqual(tokenizer.encode("is").count, 2)
            XCTAssertEqual(tokenizer.encode("is", specialTokens: .parsed), [token])
        }
    }

    func testTheLongestOfOverlappingAddedTokensIsFound() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture("small.json").changedFile())
        XCTAssertEqual(tokenizer.encode("<extra_0>", specialTokens: .parsed, addsPrefix: false), [508])
        XCTAssertEqual(tokenizer.encode("<extra_0<extra_0>", specialTokens: .parsed, addsPrefix: false), [510, 508])
    }

    func testTheTemplateIsAddedOnlyWhenAsked() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture("small.json").changedFile())
        let tokens = tokenizer.encode("a", addsPrefix: false)
        XCTAssertEqual(tokenizer.encode("a"), [504] + tokens + [505])
        XCTAssertEqual(tokenizer.encode("", addsPrefix: false), [])
    }

    func testSpecialTokensAreLeftOutOfTextOnlyWhenAsked() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture("small.json").changedFile())
        let tokens = tokenizer.encode("a<think>b", specialTokens: .parsed)
        XCTAssertEqual(tokenizer.decode(tokens), "<|begin_of_text|>a<think>b<|eot_id|>")
        XCTAssertEqual(tokenizer.decode(tokens, skipsSpecialTokens: true), "a<think>b")
        XCTAssertEqual(tokenizer.decode([-1, 9999] + tokens, skipsSpecialTokens: true), "a<think>b")
    }

    func testSpecialTokensOfAPromptCountInItsTemplateAlone() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture.bundledFile())
        let mark = "<|endoftext|>"
        let special = try XCTUnwrap(tokenizer.token(for: mark))
        let question = "Reach \(mark) from 1 2."
        let tokens = tokenizer.encode([
            PromptPart(mark + "Q: ", holdsSpecialTokens: true), PromptPart(question, holdsSpecialTokens: false),
            PromptPart("\n" + mark, holdsSpecialTokens: true),
        ])
        XCTAssertEqual(tokens.filter { $0 == special }.count, 2)
        XCTAssertEqual(tokens.first, special)
        XCTAssertEqual(tokens.last, special)
        XCTAssertEqual(
            Array(tokens.dropFirst().dropLast()), tokenizer.encode("Q: \(question)\n"),
            "template and text are cut as one text")
        XCTAssertEqual(tokenizer.decode(tokens), mark + "Q: \(question)\n" + mark)
    }
    func testSpecialTokensDoNotFormAcrossPartsOfAPrompt() throws {
        let tokenizer = try Tokenizer(file: TokenizerFixture.bundledFile())
        let special = try XCTUnwrap(tokenizer.token(for: "<|endoftext|>"))
        let halves = ["<|endof", "text|>"]
        for kinds in [[true, true], [true, false], [false, true], [false, false]] {
            let parts = zip(halves, kinds).map { PromptPart($0, holdsSpecialTokens: $1) }
            let tokens = tokenizer.encode(parts, addsPrefix: false)
            XCTAssertFalse(tokens.contains(special), "\(kinds)")
            XCTAssertEqual(tokens, tokenizer.encode(halves.joined(), addsPrefix: false))
        }
    }
}
