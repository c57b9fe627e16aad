import JSON
import TestSupport
import XCTest

/// `specsearch tokenize`: text into ids and back, line by line.
final class TokenizeCommandTests: XCTestCase {
    private let model = TinyModels.bundled("qwen/target")

    private func tokenize(_ lines: [String], _ options: String...) throws -> [String] {
        let result = try Command.specsearch.run(
            ["tokenize", "--model", model] + options, input: lines.map { $0 + "\n" }.joined())
        XCTAssertTrue(result.hasExited && result.status == 0, result.standardError)
        return result.lines
    }

    func testTextComesBackFromItsIds() throws {
        let lines = ["Reach 24 from 4 6 7 8.", "naïve café 数学 🙂", "  two  blanks ", "\"quoted\" \\ back"]
        let ids = try tokenize(lines)
        XCTAssertEqual(ids.count, lines.count)
        XCTAssertEqual(try tokenize(ids, "--decode"), lines)
        XCTAssertGreaterThan(try JSONValue(parsing: ids[0]).integers.count, 3)
    }

    func testTextInJSONMayHoldNewlines() throws {
        let texts = ["one\ntwo\n", "tab\there", "", "\u{1F600}"].map { JSONValue.string($0).serialized() }
        let ids = try tokenize(texts, "--json-lines")
        XCTAssertEqual(ids[2], "[]")
        XCTAssertEqual(try tokenize(ids, "--decode", "--json-lines"), texts)
    }

    func testSpecialTokensAreSpelledOnlyOnRequest() throws {
        let special = "<|endoftext|>"
        let end = try XCTUnwrap(ModelCopy(of: model).json("config.json")["eos_token_id"]?.int)
        XCTAssertEqual(
            try tokenize(["a" + special], "--special").map { try JSONValue(parsing: $0).integers.last }, [end])
        let asText = try JSONValue(parsing: try tokenize([special])[0])
        XCTAssertGreaterThan(asText.integers.count, 1)
        XCTAssertFalse(asText.integers.contains(end))
        XCTAssertEqual(try tokenize([asText.serialized(), "[\(end)]"], "--decode"), [special, special])
    }

    func testATokenizerFileServesAsWellAsItsFolder() throws {
        let result = try Command.specsearch.run(
            ["tokenize", "--model", model + "/tokenizer.json"], input: "Reach 24.\n")
        XCTAssertEqual(result.lines, try tokenize(["Reach 24."]))
    }

    func testLinesThatCannotBeReadAreNamed() throws {
        let broken: [(input: String, option: String, words: String)] = [
            ("[1]\n[1,99999]\n", "--decode", "99999"), ("[1]\n[-1]\n", "--decode", "-1"),
            ("[1]\n[1,\"a\"]\n", "--decode", "\"a\""), ("[1]\nhello\n", "--decode", "JSON array"),
            ("\"a\"\nhello\n", "--json-lines", "JSON string"),
        ]
        for (input, option, words) in broken {
            let result = try Command.specsearch.run(["tokenize", "--model", model, option], input: input)
            XCTAssertTrue(result.hasExited && result.status == 65, "\(input): \(result)")
            XCTAssertEqual(result.lines.count, 1, "what stands before it is done")
            XCTAssertEqual(result.errorLines.count, 1, result.standardError)
            XCTAssertTrue(result.standardError.hasPrefix("specsearch: Line 2"), result.standardError)
            XCTAssertTrue(result.standardError.contains(words), result.standardError)
        }
    }
}
