import JSON
import TestSupport
import XCTest

/// A draft model that does not go with its target is refused; one with other rows of padding is none of these.
final class WrongDraftTests: XCTestCase {
    private let target = TinyModels.prototype("target")

    /// The bundled draft, with the embedding cut or extended to so many rows.
    private func draft(rows: Int) throws -> ModelCopy {
        let draft = try ModelCopy(of: TinyModels.prototype("draft"))
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
        let draft = try ModelCopy(of: TinyModels.prototype("draft"))
        let model = try XCTUnwrap(try draft.json("tokenizer.json")["model"])
        let tokens = try XCTUnwrap(model["vocab"])
        let swapped = tokens.with("7", tokens["8"]).with("8", tokens["7"])
        try draft.setField("model", to: model.with("vocab", swapped), in: "tokenizer.json")
        for input in [["--prompt", "Q: 1 + 1?"], ["--tokens", "1,2,3"]] {
            try Command.specsearch.assertRefuses(
                ["generate", "--model", target, "--draft", draft.path] + input, code: 65,
                saying: "same vocabulary", "\"7\"", "\"8\"")
        }
        let bundle = try ModelCopy(of: RepositoryRoot.path(of: "Weights/prototype"))
        try bundle.replace("draft", with: draft.path)
        try Command.specsearch.assertRefuses(
            ["solve", "1 + 1?", "--bundle", bundle.path], code: 65, saying: "same vocabulary", "\"7\"", "\"8\"")
    }

    func testADraftThatCannotReadEveryTokenIsRefused() throws {
        let small = try draft(rows: 400)
        try Command.specsearch.assertRefuses(
            ["generate", "--model", target, "--draft", small.path, "--prompt", "Q: 1 + 1?"], code: 65,
            saying: "400")
        try Command.specsearch.assertRefuses(
            [
                "generate", "--model", TinyModels.folder("llama-biased"), "--draft",
                TinyModels.folder("llama-scaled"), "--tokens", "1,2,3",
            ], code: 65, saying: "vocabulary", "96", "200")
    }

    func testADraftMayHaveOtherRowsOfPadding() throws {
        let padded = try draft(rows: 512)
        let arguments = ["generate", "--model", target, "--prompt", "Q: Reach 14 from 3 9 12 14.\n", "--json"]
        let alone = try Command.specsearch.run(arguments).json()
        let drafted = try Command.specsearch.run(arguments + ["--draft", padded.path]).json()
        XCTAssertEqual(drafted["tokens"], alone["tokens"])
        XCTAssertGreaterThan(try XCTUnwrap(drafted["counters"]?["tokensAccepted"]?.int), 0)
    }

    func testAMissingDraftIsNamed() throws {
        try Command.specsearch.assertRefuses(
            ["generate", "--model", target, "--draft", "no-such-draft", "--prompt", "Q: 1 + 1?"], code: 66,
            saying: "no-such-draft")
    }
}
