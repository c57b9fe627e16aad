import ArgumentParser
import JSON
import Tokenization

/// A line of standard input that cannot be used.
struct LineError: Error, CustomStringConvertible {
    /// Counted from 1.
    let line: Int
    /// What it should have been.
    let reason: String

    var description: String { "Line \(line) \(reason). Correct it; the lines before it are done." }
}

/// `specsearch tokenize`: text into token ids and back, line by line.
struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turns lines of text into token ids, or back.",
        discussion: """
            Reads standard input and writes one line for each: a JSON array of ids, or with --decode the text, which is \
            a JSON string if --json-lines is given.

            Example:
              echo "Reach 24 from 4 6 7 8." | specsearch tokenize --model Weights/qwen/target
            """)

    @Option(help: ArgumentHelp("A Hugging Face folder, or a tokenizer.json.", valueName: "path"), completion: .file())
    var model: String

    @Flag(help: "Read JSON arrays of ids and write text.")
    var decode = false

    @Flag(help: "Take special tokens in the text for what they spell; without it they are plain text.")
    var special = false

    @Flag(help: "Lines of text are JSON strings, so that text may hold newlines.")
    var jsonLines = false

    func run() throws {
        let tokenizer = try Tokenizer(contentsOf: model)
        var number = 0
        while let line = readLine(strippingNewline: true) {
            number += 1
            let output = decode ? try text(line, number, tokenizer) : try ids(line, number, tokenizer)
            Terminal.standardOutput.write(output + "\n")
        }
    }

    private func ids(_ line: String, _ number: Int, _ tokenizer: Tokenizer) throws -> String {
        var text = line
        if jsonLines {
            guard let value = try? JSONValue(parsing: line), let string = value.string else {
                throw LineError(line: number, reason: "is not a JSON string")
            }
            text = string
        }
        let tokens = tokenizer.encode(text, specialTokens: special ? .parsed : .asText)
        return JSONValue.array(tokens.map { .integer(Int($0)) }).serialized()
    }

    private func text(_ line: String, _ number: Int, _ tokenizer: Tokenizer) throws -> String {
        guard let value = try? JSONValue(parsing: line), let elements = value.array else {
            throw LineError(line: number, reason: "is not a JSON array of token ids")
        }
        let tokens = try elements.map { element in
            guard let id = element.int, (0..<tokenizer.vocabularySize).contains(id) else {
                throw LineError(
                    line: number,
                    reason: "holds \(element.serialized()), but token ids go from 0 to \(tokenizer.vocabularySize - 1)")
            }
            return Int32(id)
        }
        let text = tokenizer.decode(tokens)
        return jsonLines ? JSONValue.string(text).serialized() : text
    }
}
