import Foundation
import JSON
import XCTest

@testable import Tokenization

/// Files that would give other ids than the `tokenizers` library, or none, are refused by name.
final class RefusalTests: XCTestCase {
    func testGapsBetweenIdsAreRefused() throws {
        try assertRefused {
            try $0.appendAddedToken("<x>", id: 505, special: true)
        } with: { error in
            XCTAssertEqual(error, .missingToken(token: 504, vocabularySize: 505))
        }
    }

    func testHugeIdsAreRefusedAsGapsWithoutAllocatingForThem() throws {
        try assertRefused {
            try $0.appendAddedToken("<x>", id: 1 << 24, special: true)
        } with: { error in
            XCTAssertEqual(error, .missingToken(token: 504, vocabularySize: 505))
        }
    }

    func testDuplicateIdsAreRefused() throws {
        try assertRefused {
            try $0.setToken("zzz", 7)
        } with: { error in
            guard case .duplicateToken(7, let texts) = error else { return XCTFail("\(error)") }
            XCTAssertTrue(texts.contains("zzz"))
        }
    }

    func testNegativeAndTooLargeIdsAreRefused() throws {
        for identifier in [-1, 1 << 24 + 1, Int.max] {
            try assertRefused {
                try $0.setToken("zzz", .integer(identifier))
            } with: { error in
                XCTAssertEqual(error, .tokenOutOfRange(text: "zzz", token: identifier))
            }
        }
    }

    func testFlagsThatAreNeitherTrueNorFalseAreRefused() throws {
        for special: JSONValue in ["true", 1, []] {
            try assertRefused {
                try $0.set("added_tokens", [["id": 0, "content": "<|endoftext|>", "special": special]])
            } with: { error in
                guard case .malformed("added_tokens[0].special", _, _) = error else { return XCTFail("\(error)") }
            }
        }
        try assertRefused {
            try $0.setModel("ignore_merges", 1)
        } with: { error in
            guard case .malformed("model.ignore_merges", _, _) = error else { return XCTFail("\(error)") }
        }
    }

    func testIdsThatAreNoIntegersAreRefused() throws {
        try assertRefused {
            try $0.setToken("zzz", 504.5)
        } with: { error in
            guard case .malformed("model.vocab[\"zzz\"]", _, _) = error else { return XCTFail("\(error)") }
        }
    }

    func testMergesOfAbsentOrEmptyTokensAreRefused() throws {
        for merge: JSONValue in [
            ["zz", "a"], ["a", "zz"], ["q", "q"], ["", "a"], "a zz", "a", "a b c", ["\u{2603}", "a"],
        ] {
            try assertRefused {
                try $0.appendMerge(merge)
            } with: { error in
                guard case .absentMergeToken(247, _) = error else { return XCTFail("\(merge): \(error)") }
            }
        }
        try assertRefused {
            try $0.appendMerge(["a", "b", "c"])
        } with: { error in
            guard case .malformed("model.merges[247]", _, _) = error else { return XCTFail("\(error)") }
        }
    }

    func testEmptyLongAndRepeatedAddedTokensAreRefused() throws {
        let long = String(repeating: "x", count: AddedToken.longestText + 1)
        for text in ["", long, "<|endoftext|>"] {
            try assertRefused {
                try $0.appendAddedToken(text, id: 504, special: true)
            } with: { error in
                guard case .invalidAddedToken = error else { return XCTFail("\(error)") }
            }
        }
    }

    func testAddedTokensWithAnotherIdThanInTheVocabularyAreRefused() throws {
        try assertRefused {
            try $0.appendAddedToken("is", id: 504, special: false)
        } with: { error in
            guard case .invalidAddedToken("is", _) = error else { return XCTFail("\(error)") }
        }
    }

    func testAddedTokensThatTakeSpaceOrNeedWholeWordsAreRefused() throws {
        for flag in ["lstrip", "rstrip", "single_word"] {
            try assertRefused {
                try $0.appendAddedToken("<x>", id: 504, special: true, flag: flag)
            } with: { error in
                guard case .unsupported(let field, _, _) = error else { return XCTFail("\(error)") }
                XCTAssertTrue(field.contains(flag))
            }
        }
    }

    func testNormalisedAddedTokensThatAreNotInNormalFormAreRefused() throws {
        let token: JSONValue = ["id": 504, "content": "e\u{301}", "special": false, "normalized": true]
        try assertRefused { editor in
            try editor.set("normalizer", ["type": "NFC"])
            try editor.set("added_tokens", [token])
        } with: { error in
            guard case .invalidAddedToken = error else { return XCTFail("\(error)") }
        }
    }

    func testVocabulariesThatCannotSpellEveryByteAreRefused() throws {
        try assertRefused { editor in
            // "Q" gives its id to an unused text, so that only the byte is missing.
            let token = try XCTUnwrap(editor.file["model"]?["vocab"]?["Q"])
            try editor.removeToken("Q")
            try editor.setToken("QQQ", token)
        } with: { error in
            XCTAssertEqual(error, .missingByte(UInt8(ascii: "Q")))
        }
    }

    func testByteTokensThatAreSpecialAreRefused() throws {
        try assertRefused { editor in
            let token = try XCTUnwrap(editor.file["model"]?["vocab"]?["Q"]?.int)
            try editor.appendAddedToken("Q", id: token, special: true)
        } with: { error in
            XCTAssertEqual(error, .missingByte(UInt8(ascii: "Q")))
        }
    }

    func testUnknownPartsAreRefusedByName() throws {
        for (field, name) in [
            ("normalizer", "Lowercase"), ("pre_tokenizer", "Metaspace"), ("post_processor", "BertProcessing"),
            ("decoder", "WordPiece"),
        ] {
            try assertRefused {
                try $0.set(field, ["type": .string(name)])
            } with: { error in
                guard case .unsupported(let found, let description, _) = error else { return XCTFail("\(error)") }
                XCTAssertEqual(found, field)
                XCTAssertTrue(description.contains(name), description)
            }
        }
    }

    func testUnknownPatternsAreQuoted() throws {
        let pattern = #"(a+)+$"#
        let split: JSONValue = [
            "type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false,
        ]
        try assertRefused { editor in
            let level = try XCTUnwrap(editor.file["pre_tokenizer"]?["pretokenizers"]?.array?.last)
            try editor.set("pre_tokenizer", ["type": "Sequence", "pretokenizers": .array([split, level])])
        } with: { error in
            XCTAssertEqual(error, .unknownPattern(pattern))
            XCTAssertTrue("\(error)".contains(pattern))
        }
    }

    func testOtherModelsAreRefusedByName() throws {
        for (field, value): (String, JSONValue) in [
            ("type", "Unigram"), ("dropout", 0.1), ("end_of_word_suffix", "</w>"),
        ] {
            try assertRefused {
                try $0.setModel(field, value)
            } with: { error in
                guard case .unsupported("model.\(field)", _, _) = error else { return XCTFail("\(error)") }
            }
        }
    }

    func testTemplatesWithUnknownTokensAreRefused() throws {
        let template: JSONValue = [
            "type": "TemplateProcessing",
            "single": [["SpecialToken": ["id": "<s>"]], ["Sequence": ["id": "A"]]],
            "special_tokens": ["<s>": ["id": "<s>", "ids": [504]]],
        ]
        try assertRefused {
            try $0.set("post_processor", template)
        } with: { error in
            guard case .unknownToken = error else { return XCTFail("\(error)") }
        }
    }

    func testConfigurationsOfOtherModelsAreRefused() throws {
        let file = try TokenizerFixture.bundledFile()
        for configuration: JSONValue in [
            ["eos_token": "<|im_end|>"], ["bos_token": ["content": "<s>"]],
            ["added_tokens_decoder": ["5": ["content": "<|endoftext|>"]]],
        ] {
            XCTAssertThrowsError(try Tokenizer(file: file, configuration: configuration)) { error in
                guard case TokenizerError.unknownToken = error else { return XCTFail("\(error)") }
            }
        }
        let tokenizer = try Tokenizer(file: file, configuration: ["eos_token": "<|endoftext|>"])
        XCTAssertEqual(tokenizer.endOfText, 0)
        XCTAssertNil(tokenizer.beginOfText)
    }

    func testFilesThatAreNoJSONAreRefused() throws {
        XCTAssertThrowsError(try Tokenizer(contentsOf: "\(#filePath)")) { error in
            guard case TokenizerError.invalidJSON = error else { return XCTFail("\(error)") }
        }
    }

    func testFoldersWithOtherVocabulariesAreRefusedByTheirFile() throws {
        try assertFolderRefused(["tokenizer.model": "x"]) { error in
            guard case .unsupported(_, "tokenizer.model", _) = error else { return XCTFail("\(error)") }
        }
        try assertFolderRefused(["vocab.json": "{}"]) { error in
            guard case .unreadable(let path, _) = error else { return XCTFail("\(error)") }
            XCTAssertTrue(path.hasSuffix("/merges.txt"))
        }
        // GPT-2's files look the same, but its text is split in another way, which they do not say.
        let files = [
            "vocab.json": "{}", "merges.txt": "", "tokenizer_config.json": #"{"tokenizer_class": "GPT2Tokenizer"}"#,
        ]
        try assertFolderRefused(files) { error in
            guard case .unsupported(_, "GPT2Tokenizer", _) = error else { return XCTFail("\(error)") }
        }
    }

    private func assertFolderRefused(_ files: [String: String], with check: (TokenizerError) -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        do throws(TokenizerError) {
            _ = try Tokenizer(contentsOf: folder.path)
            XCTFail("accepted")
        } catch {
            check(error)
        }
    }

    func testSentencePieceVocabulariesNeedEveryByte() throws {
        try assertRefused("sentencepiece-tokenizer.json") {
            try $0.removeToken("<0x41>")
            try $0.setToken("another", .integer(3 + 0x41))
        } with: { error in
            XCTAssertEqual(error, .missingByte(0x41))
        }
    }

    func testSentencePieceBytesAreNoSpecialTokens() throws {
        try assertRefused("sentencepiece-tokenizer.json") {
            try $0.appendAddedToken("<0x41>", id: 3 + 0x41, special: true)
        } with: { error in
            XCTAssertEqual(error, .missingByte(0x41))
        }
    }

    func testSentencePieceBytesHaveOneSpelling() throws {
        for text in ["<0x4a>", "<0x0a>"] {
            try assertRefused("sentencepiece-tokenizer.json") {
                try $0.setToken(text, .integer(try XCTUnwrap($0.file["model"]?["vocab"]?.object).count))
            } with: { error in
                guard case .malformed("model.vocab", text, _) = error else { return XCTFail("\(error)") }
            }
        }
        for text in ["<0x-0>", "<0x+1>", "<0x4G>", "<0x004A>"] { XCTAssertNil(TokenSpelling.byte(of: text)) }
    }

    func testTemplatesThatRepeatTokensWithoutEndAreRefused() throws {
        let ids = JSONValue.array(Array(repeating: 0, count: 40))
        let element: JSONValue = ["SpecialToken": ["id": "x", "type_id": 0]]
        try assertRefused {
            try $0.set(
                "post_processor",
                [
                    "type": "TemplateProcessing",
                    "single": [element, element, ["Sequence": ["id": "A", "type_id": 0]]],
                    "special_tokens": ["x": ["id": "x", "ids": ids]],
                ])
        } with: { error in
            guard case .malformed("post_processor.single", _, _) = error else { return XCTFail("\(error)") }
        }
    }

    func testSentencePieceVocabulariesWithTwoTokensForOneTextAreRefused() throws {
        try assertRefused("sentencepiece-tokenizer.json") {
            try $0.setToken(" ", .integer(try XCTUnwrap($0.file["model"]?["vocab"]?.object).count))
        } with: { error in
            guard case .duplicateToken(_, let texts) = error else { return XCTFail("\(error)") }
            XCTAssertEqual(Set(texts), [" ", "▁"])
        }
    }

    func testOtherPartsOfSentencePieceFilesAreRefusedByName() throws {
        let other: [(String, JSONValue)] = [
            ("normalizer", ["type": "NFC"]), ("normalizer", ["type": "Prepend", "prepend": "▁"]),
            ("pre_tokenizer", ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true]),
            ("pre_tokenizer", ["type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "split": false]),
            ("decoder", ["type": "ByteLevel"]),
            ("decoder", ["type": "Sequence", "decoders": [["type": "ByteFallback"], ["type": "Fuse"]]]),
        ]
        for (field, value) in other {
            try assertRefused("sentencepiece-tokenizer.json") {
                try $0.set(field, value)
            } with: { error in
                guard case .unsupported(field, _, _) = error else { return XCTFail("\(field): \(error)") }
            }
        }
        // A byte-level file does not become one of these by its flag.
        try assertRefused {
            try $0.setModel("byte_fallback", true)
        } with: { error in
            guard case .unsupported("pre_tokenizer", _, _) = error else { return XCTFail("\(error)") }
        }
    }

    func testMissingFilesAreNamed() {
        XCTAssertThrowsError(try Tokenizer(contentsOf: "no/such/folder")) { error in
            guard case TokenizerError.unreadable("no/such/folder", _) = error else { return XCTFail("\(error)") }
        }
    }

    private func assertRefused(
        _ fixture: String = "tokenizer.json", line: UInt = #line, _ change: (inout FileEditor) throws -> Void,
        with check: (TokenizerError) -> Void
    ) throws {
        var editor = FileEditor(try TokenizerFixture.json(fixture))
        try change(&editor)
        do throws(TokenizerError) {
            _ = try Tokenizer(file: editor.file)
            XCTFail("accepted", line: line)
        } catch {
            check(error)
        }
    }
}
