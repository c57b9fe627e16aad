import JSON
import TestSupport
import XCTest

/// `specsearch chat`: turns, branches, going back, and conversations that go on later.
final class ChatCommandTests: XCTestCase {
    private var copy: ModelCopy?
    private var model: String { copy?.path ?? "" }

    override func setUpWithError() throws {
        let copy = try ModelCopy(of: RepositoryRoot.path(of: "Weights/qwen/target"))
        try copy.write(
            "{% for message in messages %}{{ message.content }}{{ '\\n' }}{% endfor %}", to: "chat_template.jinja")
        self.copy = copy
    }

    private let first = "Q: Reach 14 from 3 9 12 14."
    private let second = "Q: Reach 24 from 4 6 7 8."

    private func chat(_ lines: [String], _ options: String...) throws -> Command.Result {
        let result = try Command.specsearch.run(
            ["chat", "--model", model, "--max-tokens", "40"] + options,
            input: lines.map { $0 + "\n" }.joined())
        XCTAssertEqual(result.status, 0, result.standardError)
        return result
    }

    func testTurnsAreAnsweredAndRemembered() throws {
        let result = try chat([first, "/history"])
        XCTAssertTrue(result.standardOutput.hasPrefix("14"), result.standardOutput)
        XCTAssertTrue(result.standardOutput.contains("user: \(first)\nassistant: 14"), result.standardOutput)
        XCTAssertEqual(result.standardError, "")
    }

    func testGoingBackAsksAsIfNothingHadBeenSaid() throws {
        let direct = try chat([second]).standardOutput
        XCTAssertEqual(try chat([first, "/back", second]).standardOutput.hasSuffix(direct), true)
        XCTAssertTrue(try chat(["/back"]).standardError.contains("beginning"))
    }

    func testBranchesGoOnFromWhatTheyShare() throws {
        let result = try chat([first, "/fork other", second, "/history", "/fork main", "/branches", "/history"])
        XCTAssertTrue(result.standardError.contains("* main, 1 turns\n  other, 2 turns"), result.standardError)
        let histories = result.standardOutput.components(separatedBy: "user: \(first)")
        XCTAssertEqual(histories.count, 3)
        XCTAssertTrue(histories[1].contains(second))
        XCTAssertFalse(histories[2].contains(second))
    }

    func testASavedConversationGoesOn() throws {
        let path = model + "/talk.safetensors"
        let whole = try chat([first, second]).standardOutput
        let begun = try chat([first, "/save \(path)"])
        XCTAssertTrue(begun.standardError.contains("saved to"))
        let rest = try chat([second], "--resume", path).standardOutput
        XCTAssertEqual(begun.standardOutput + rest, whole)
    }

    func testUnknownCommandsAreExplained() throws {
        for line in ["/exit", "/fork", "/save", "/back 2", "/"] {
            let said = try chat([line]).standardError
            XCTAssertTrue(said.contains("There is no \(line)") && said.contains("/history"), said)
        }
    }

    func testFilesThatAreNotThereAreMissing() throws {
        try Command.specsearch.assertRefuses(
            ["chat", "--model", model, "--resume", "/nowhere/talk.safetensors"], code: 66, saying: "/nowhere")
    }

    func testWrongUseIsRefused() throws {
        try Command.specsearch.assertMisused(
            ["chat", "--model", model, "--chat-template", "raw"], saying: "chat template")
        try Command.specsearch.assertMisused(["chat", "--model", model, "--max-tokens", "0"], saying: "--max-tokens")
        try Command.specsearch.assertRefuses(
            ["chat", "--model", RepositoryRoot.path(of: "Weights/qwen/target")], code: 66, saying: "no chat template")
        try Command.specsearch.assertRefuses(
            ["chat", "--model", model, "--resume", model + "/model.safetensors"], code: 65, saying: "model.safetensors")
    }
}
