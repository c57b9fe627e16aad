import Foundation
import JSON
import TestSupport
import XCTest

@testable import Tokenization

/// Ids and texts equal those of the `tokenizers` library.
final class LibraryParityTests: XCTestCase {
    func testBundledTokenizerGivesTheIdsOfTheLibrary() throws {
        let fixture = try TokenizerFixture("small.json")
        let tokenizer = try Tokenizer(file: TokenizerFixture.bundledFile())
        try check(tokenizer, fixture, fixture.expectations("bundled"))
    }

    func testNormaliserTemplateWholePiecesAndAddedTokensGiveTheIdsOfTheLibrary() throws {
        let fixture = try TokenizerFixture("small.json")
        let tokenizer = try Tokenizer(file: fixture.changedFile())
        try check(tokenizer, fixture, fixture.expectations("changed"))
    }

    func testPublishedTokenizersGiveTheIdsOfTheLibrary() throws {
        guard let data = ProcessInfo.processInfo.environment["SPECSEARCH_DATA"] else {
            throw XCTSkip("published tokenizers are compared only when SPECSEARCH_DATA names a folder with them")
        }
        let fixture = try TokenizerFixture("published.json")
        for name in ["qwen2", "qwen3", "llama2", "llama3", "llama3.2"] {
            let tokenizer = try Tokenizer(contentsOf: "\(data)/tokenizers/\(name)")
            try check(tokenizer, fixture, fixture.expectations(name))
        }
    }

    func testSentencePieceVocabulariesGiveTheIdsOfTheLibrary() throws {
        let fixture = try TokenizerFixture("sentencepiece.json")
        for name in ["prepend", "first", "always", "never"] {
            let expected = try fixture.expectations(name)
            var file = try XCTUnwrap(TokenizerFixture.json("sentencepiece-tokenizer.json").object)
            for member in try XCTUnwrap(expected["file"]?.object).members { file.set(member.name, member.value) }
            try check(Tokenizer(file: .object(file)), fixture, expected)
        }
    }

    func testVocabularyAndMergesMeanWhatTheirTokenizerFileMeans() throws {
        guard let data = ProcessInfo.processInfo.environment["SPECSEARCH_DATA"] else {
            throw XCTSkip("published tokenizers are compared only when SPECSEARCH_DATA names a folder with them")
        }
        let folder = NSTemporaryDirectory() + "vocabulary-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["vocab.json", "merges.txt", "tokenizer_config.json"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(name)", withDestinationPath: "\(data)/tokenizers/qwen2/\(name)")
        }
        try check(
            Tokenizer(contentsOf: folder), TokenizerFixture("published.json"),
            TokenizerFixture("published.json").expectations("qwen2"))
    }

    private func check(_ tokenizer: Tokenizer, _ fixture: TokenizerFixture, _ expected: JSONValue) throws {
        try checkExamples(tokenizer, expected)
        var random = SeededRandom(seed: UInt64(try XCTUnwrap(expected["seed"]?.int)))
        let plain = try XCTUnwrap(expected["plain"]?.array)
        let parsed = try XCTUnwrap(expected["parsed"]?.array)
        for index in plain.indices {
            let text = fixture.text(&random)
            let asText = tokenizer.encode(text, addsPrefix: false)
            XCTAssertEqual(TokenizerFixture.digest(asText), plain[index].string, "\(text.debugDescription) \(asText)")
            let asParsed = tokenizer.encode(text, specialTokens: .parsed)
            XCTAssertEqual(
                TokenizerFixture.digest(asParsed), parsed[index].string, "\(text.debugDescription) \(asParsed)")
        }
        for digest in try XCTUnwrap(expected["decoded"]?.array) {
            let tokens = (0..<1 + random.below(40)).map { _ in Int32(random.below(tokenizer.vocabularySize)) }
            XCTAssertEqual(TokenizerFixture.digest(tokenizer.decode(tokens).utf8), digest.string, "\(tokens)")
        }
        XCTAssertEqual(TokenizerFixture.digest(scalars(tokenizer)), expected["scalars"]?.string)
    }

    private func checkExamples(_ tokenizer: Tokenizer, _ expected: JSONValue) throws {
        for example in try XCTUnwrap(expected["examples"]?.array) {
            let text = try XCTUnwrap(example["text"]?.string)
            let plain = try XCTUnwrap(example["plain"]?.array).compactMap(\.int).map(Int32.init)
            XCTAssertEqual(tokenizer.encode(text, addsPrefix: false), plain, text)
            let parsed = try XCTUnwrap(example["parsed"]?.array).compactMap(\.int).map(Int32.init)
            XCTAssertEqual(tokenizer.encode(text, specialTokens: .parsed), parsed, text)
        }
    }

    private func scalars(_ tokenizer: Tokenizer) -> [Int32] {
        stride(from: UInt32(0), to: 0x110000, by: 41).compactMap { Unicode.Scalar($0) }.flatMap {
            tokenizer.encode("a\($0)b 1\($0)1 \($0) ", addsPrefix: false)
        }
    }
}
