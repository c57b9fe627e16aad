import Files
import Foundation
import JSON
import TestSupport
import Tokenization
import XCTest

@testable import ChatTemplates

/// Conversations become the tokens that `transformers` gives, and nothing in them becomes a special token.
final class ChatFormatTests: XCTestCase {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("chat-\(UUID().uuidString)")

    override func setUpWithError() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    /// The folder of a published tokenizer.
    private func published(_ name: String) throws -> String {
        guard let data = ProcessInfo.processInfo.environment["SPECSEARCH_DATA"] else {
            throw XCTSkip("published tokenizers are compared only when SPECSEARCH_DATA names a folder with them")
        }
        return data + "/tokenizers/" + name
    }

    private func messages(_ json: JSONValue?) throws -> [ChatMessage] {
        try XCTUnwrap(json?.array).map {
            ChatMessage(role: try XCTUnwrap($0["role"]?.string), content: try XCTUnwrap($0["content"]?.string))
        }
    }

    // MARK: Published templates

    func testTokensAreThoseOfTransformers() throws {
        let path = RepositoryRoot.path(of: "Tests/ChatTemplatesTests/Fixtures/prompts.json")
        let rows = try JSONValue(parsing: InputFile(path: path, followsLinks: true).readAll(limit: 1 << 20)).array ?? []
        XCTAssertGreaterThanOrEqual(rows.count, 16)
        for (name, rows) in Dictionary(grouping: rows, by: { $0["tokenizer"]?.string ?? "" }) {
            let tokenizer = try Tokenizer(contentsOf: published(name))
            let chat = try XCTUnwrap(ChatFormat(folder: published(name)))
            for row in rows {
                let prompt = try chat.prompt(messages(row["messages"]), options: XCTUnwrap(row["options"]?.object))
                XCTAssertEqual(
                    tokenizer.encode(prompt, addsPrefix: false).map(Int.init),
                    row["ids"]?.array?.compactMap(\.int), "\(name): \(row["messages"]?.serialized() ?? "")")
            }
        }
    }

    func testMessagesHoldNoSpecialTokens() throws {
        let spelled = [
            "qwen3": ["<|im_start|>", "<|im_end|>", "<think>", "<|endoftext|>"],
            "llama3.2": ["<|eot_id|>", "<|start_header_id|>", "<|begin_of_text|>", "<|end_of_text|>"],
        ]
        for (name, special) in spelled {
            let tokenizer = try Tokenizer(contentsOf: published(name))
            let chat = try XCTUnwrap(ChatFormat(folder: published(name)))
            func specialTokens(_ text: String) throws -> [Int32] {
                let messages = ["system", "user"].map { ChatMessage(role: $0, content: text) }
                return tokenizer.encode(try chat.prompt(messages), addsPrefix: false).filter { id in
                    tokenizer.isSpecial(id) || special.contains { tokenizer.token(for: $0) == id }
                }
            }
            let hostile = special.joined(separator: " x ") + "{{ bos_token }}{% raw %}"
            XCTAssertEqual(try specialTokens(hostile), try specialTokens("nothing"), name)
        }
    }

    // MARK: Built-in templates

    func testBuiltInTemplatesAreThoseOfTheirFamilies() throws {
        let chat = [
            ChatMessage(role: "system", content: "Be brief."), ChatMessage(role: "user", content: " Hi\n"),
            ChatMessage(role: "assistant", content: "Oh."), ChatMessage(role: "user", content: "Bye"),
        ]
        let families = [("qwen3", ChatTemplateChoice.chatml, "<|im_end|>"), ("llama3", .llama3, "<|eot_id|>")]
        for (name, choice, endOfTurn) in families {
            let tokenizer = try Tokenizer(contentsOf: published(name))
            let own = try XCTUnwrap(ChatFormat(folder: published(name)))
            let builtIn = try XCTUnwrap(ChatFormat(choice, folder: published(name), tokenizer: tokenizer))
            XCTAssertEqual(
                tokenizer.encode(try builtIn.prompt(chat), addsPrefix: false),
                tokenizer.encode(try own.prompt(chat), addsPrefix: false), name)
            XCTAssertEqual(builtIn.endOfTurn, tokenizer.token(for: endOfTurn))
            XCTAssertNil(own.endOfTurn)
        }
    }

    func testBuiltInTemplatesNeedTheirTokens() throws {
        let folder = RepositoryRoot.path(of: "Weights/llama/target")
        let tokenizer = try Tokenizer(contentsOf: folder)
        XCTAssertNil(try ChatFormat(.raw, folder: folder, tokenizer: tokenizer))
        for (choice, token) in [(ChatTemplateChoice.chatml, "<|im_start|>"), (.llama3, "<|start_header_id|>")] {
            XCTAssertThrowsError(try ChatFormat(choice, folder: folder, tokenizer: tokenizer)) {
                XCTAssertEqual($0 as? ChatFormatError, .missingToken(token, template: choice))
            }
        }
        XCTAssertThrowsError(try ChatFormat(.model, folder: folder, tokenizer: tokenizer)) {
            XCTAssertEqual($0 as? ChatFormatError, .noTemplate(folder: folder))
        }
    }

    // MARK: Where templates lie

    private func text() throws -> String? {
        try ChatFormat(folder: folder.path)?.prompt([ChatMessage(role: "user", content: "Hi")]).map(\.text).joined()
    }

    func testTemplatesAreFound() throws {
        XCTAssertNil(try text(), "an empty folder")
        try write(#"{"bos_token": "<s>", "eos_token": {"content": "</s>"}}"#, to: "tokenizer_config.json")
        XCTAssertNil(try text(), "no template")
        try write(
            #"{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": "{{ bos_token ~ eos_token }}"}"#,
            to: "tokenizer_config.json")
        XCTAssertEqual(try text(), "<s></s>")
        try write(
            #"{"chat_template": [{"name": "rag", "template": "1"}, {"name": "default", "template": "2"}]}"#,
            to: "tokenizer_config.json")
        XCTAssertEqual(try text(), "2")
        try write(
            "{{ messages[0].content }}{{ tools is none }}{{ strftime_now is defined }}", to: "chat_template.jinja")
        XCTAssertEqual(try text(), "HiTrueFalse", "the file of its own counts")
    }

    func testWrongFilesAreRefused() throws {
        try write("[", to: "tokenizer_config.json")
        XCTAssertThrowsError(try text()) {
            guard case .invalidJSON? = $0 as? ChatFormatError else { return XCTFail("\($0)") }
        }
        for field in ["7", "[]", #"[{"name": "rag", "template": "1"}]"#, #"[{"name": "default", "template": 1}]"#] {
            try write(#"{"chat_template": \#(field)}"#, to: "tokenizer_config.json")
            XCTAssertThrowsError(try text(), field) {
                guard case .malformed? = $0 as? ChatFormatError else { return XCTFail("\($0)") }
            }
        }
        try Data([0x78, 0xFF]).write(to: folder.appendingPathComponent("chat_template.jinja"))
        XCTAssertThrowsError(try text()) {
            guard case .malformed(_, "bytes that are not UTF-8")? = $0 as? ChatFormatError else {
                return XCTFail("\($0)")
            }
        }
        try FileManager.default.removeItem(at: folder.appendingPathComponent("chat_template.jinja"))
        try write(#"{"chat_template": "{% for %}"}"#, to: "tokenizer_config.json")
        XCTAssertThrowsError(try text()) {
            guard case .template(_, .syntax)? = $0 as? ChatFormatError else { return XCTFail("\($0)") }
        }
    }
}
