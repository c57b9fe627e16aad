import JSON
import TestSupport
import XCTest

/// A draft model that spells other tokens is refused; one with more or fewer rows drafts what it can.
final class WrongDraftTests: XCTestCase {
    private let target = TinyModels.bundled("qwen/target")

    /// The bundled draft, with the embedding cut or extended to so many rows.
    private func draft(rows: Int) throws -> ModelCopy {
        let draft = try ModelCopy(of: TinyModels.bundled("qwen/draft"))
        try draft.setField("vocab_size", to: .integer(rows))
        try draft.changeTensors { tensors in
            for index in tensors.indices where tensors[index].name == "model.embed_tokens.weight" {
                let bytes = rows * (tensors[index].bytes.count / tensors[index].shape[0])
                let padding = Array(repeating: UInt8(0), count: max(0, bytes - tensors[index].bytes.count))
                tensors[index].bytes = Array((tensors[index].bytes + padding).prefix(bytes))
                tensors[index].shape[0] = rows
            }
        }
        return draft
    }

    func testADraftThatSpellsOtherTokensIsRefusedByTheFirst() throws {
        let draft = try ModelCopy(of: TinyModels.bundled("qwen/draft"))
        let model = try XCTUnwrap(try draft.json("tokenizer.json")["model"])
        let tokens = try XCTUnwrap(model["vocab"])
        let swapped = tokens.with("7", tokens["8"]).with("8", tokens["7"])
        try draft.setField("model", to: model.with("vocab", swapped), in: "tokenizer.json")
        for input in [["--prompt", "Q: 1 + 1?"], ["--tokens", "1,2,3"]] {
            try Command.specsearch.assertRefuses(
                ["generate", "--model", target, "--draft", draft.path] + input, code: 65,
                saying: "same vocabulary", "\"7\"", "\"8\"")
        }
        let bundle = try ModelCopy(of: RepositoryRoot.path(of: "Weights/qwen"))
        try bundle.replace("draft", with: draft.path)
        try Command.specsearch.assertRefuses(
            ["solve", "1 + 1?", "--bundle", bundle.path], code: 65, saying: "same vocabulary", "\"7\"", "\"8\"")
    }

    func testADraftMayHaveMoreOrFewerRows() throws {
        let arguments = ["generate", "--model", target, "--prompt", "Q: Reach 14 from 3 9 12 14.\n", "--json"]
        let alone = try Command.specsearch.run(arguments).json()
        for rows in [512, 400, 30] {
            let draft = try draft(rows: rows)
            // Automatic lengths are none where a busy machine makes proposals dear.
            let drafted = try Command.specsearch.run(
                arguments + ["--draft", draft.path, "--draft-tokens", "4"]
            ).json()
            XCTAssertEqual(drafted["tokens"], alone["tokens"], "\(rows) rows")
            // The prompt itself has tokens beyond 30, so that such a draft can read nothing of it.
            XCTAssertEqual(drafted["counters"]?["tokensAccepted"] == 0, rows == 30, "\(rows) rows")
        }
    }

    func testADraftOfAnotherModelChangesNothing() throws {
        let arguments = ["generate", "--model", TinyModels.folder("llama-biased"), "--max-tokens", "20", "--json"]
        for tokens in ["1,2,3", "150,190,120"] {
            let alone = try Command.specsearch.run(arguments + ["--tokens", tokens]).json()
            let drafted = try Command.specsearch.run(
                arguments + ["--tokens", tokens, "--draft", TinyModels.folder("llama-scaled")]
            ).json()
            XCTAssertEqual(drafted["tokens"], alone["tokens"])
        }
    }

    func testAMissingDraftIsNamed() throws {
        let draft = try draft(rows: 504)
        try draft.remove("tokenizer.json")
        try Command.specsearch.assertRefuses(
            ["generate", "--model", target, "--draft", draft.path, "--tokens", "1,2,3"], code: 66,
            saying: "tokenizer.json")
        try Command.specsearch.assertRefuses(
            ["generate", "--model", target, "--draft", "no-such-draft", "--prompt", "Q: 1 + 1?"], code: 66,
            saying: "no-such-draft")
    }
}
