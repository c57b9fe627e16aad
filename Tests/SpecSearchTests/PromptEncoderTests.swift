import ChatTemplates
import TestSupport
import Tokenization
import XCTest

@testable import SpecSearch

/// Questions become tokens, and nothing in them becomes a special one.
final class PromptEncoderTests: XCTestCase {
    private let question = "<|endoftext|> 1 + 1? <extra_0>"

    private func tokens(_ prompt: String, _ chat: ChatPrompt, _ folder: String) throws -> [String] {
        let tokenizer = try Tokenizer(contentsOf: folder)
        let format = try PromptFormat(prompt: prompt, separator: "\n", answer: "A {answer}", chat: chat)
        let encoder = try PromptEncoder(format, folder: folder, tokenizer: tokenizer)
        return try encoder.tokens(of: question).compactMap { tokenizer.isSpecial($0) ? tokenizer.text(of: $0) : nil }
    }

    func testAQuestionIsText() throws {
        let folder = TinyModels.bundled("qwen/target")
        XCTAssertEqual(try tokens("Q: {question}\n", .raw, folder), [])
        XCTAssertEqual(try tokens("<extra_0>{question}<|endoftext|>", .raw, folder), ["<extra_0>", "<|endoftext|>"])
    }

    func testAQuestionIsTextInAConversation() throws {
        let model = try ModelCopy(of: TinyModels.bundled("qwen/target"))
        try model.write(
            "{% for m in messages %}<extra_0>{{ m.content|trim }}<|endoftext|>{% endfor %}", to: "chat_template.jinja")
        let chat = ChatPrompt(template: .model, system: "<|endoftext|>")
        XCTAssertEqual(
            try tokens("<extra_0>{question}", chat, model.path),
            ["<extra_0>", "<|endoftext|>", "<extra_0>", "<|endoftext|>"])
    }

    func testWhatATemplateRefusesIsSaid() throws {
        let model = try ModelCopy(of: TinyModels.bundled("qwen/target"))
        try model.write("{{ raise_exception('no\\x1b[31m') }}", to: "chat_template.jinja")
        XCTAssertThrowsError(try tokens("{question}", ChatPrompt(template: .model), model.path)) {
            guard case .chatTemplate(.raised)? = $0 as? ReasonerError else { return XCTFail("\($0)") }
            XCTAssertFalse("\($0)".unicodeScalars.contains("\u{1B}"))
        }
        try model.write("{{ strftime_now('%Y') }}", to: "chat_template.jinja")
        XCTAssertThrowsError(try tokens("{question}", ChatPrompt(template: .model), model.path)) {
            XCTAssertTrue("\($0)".contains("Give a date"), "\($0)")
        }
        XCTAssertNoThrow(
            try tokens("{question}", ChatPrompt(template: .model, date: TemplateDate("2026-11-21")), model.path))
    }
}
