import ArgumentParser
import CacheTree
import Compute
import Decoding
import JSON
import Transformer

/// `specsearch logits`: what a model gives for token ids, for comparing with any other implementation.
struct Logits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the logits of a model for token ids, as JSON.",
        discussion: """
            {"tokens": […], "logits": [[…]]}: one row for the last token, or with --all one for each.

            Example:
              specsearch logits --model Weights/tiny/llama-grouped --tokens 1,2,3
            """)

    @Option(help: ArgumentHelp("A Hugging Face folder.", valueName: "dir"), completion: .directory)
    var model: String

    @Option(help: ArgumentHelp("Token ids, separated by commas.", valueName: "ids"))
    var tokens: NumberList

    @Flag(help: "Write a row for every token.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "How to keep weights: f32, bf16, int8 or int4; by default as the file has them.", valueName: "kind"))
    var precision: WeightPrecision?

    @OptionGroup(title: "Computing")
    var computing: ComputeArguments

    func run() async throws {
        computing.warn()
        let loaded = try LanguageModel(contentsOf: model, precision: precision, threads: computing.threads)
        let reader = try LogitReader(loaded, thread: computing.thread(), cacheBytes: computing.cacheMemory << 20)
        let rows = try await reader.logits(of: tokens.numbers, all: all)
        let json: JSONValue = [
            "tokens": .array(tokens.numbers.map { .integer(Int($0)) }),
            "logits": .array(rows.map { row in .array(row.map { .number(Double($0)) }) }),
        ]
        Terminal.standardOutput.write(json.serialized() + "\n")
    }
}

/// Runs one path through a model on the compute thread.
actor LogitReader {
    private nonisolated let thread: ComputeThread
    /// The most rows in a pass.
    private static let rowsPerPass = 256
    private let tree: CacheTree
    private let runner: PassRunner

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ model: LanguageModel, thread: ComputeThread, cacheBytes: Int) throws(DecodingError) {
        self.thread = thread
        let tree: CacheTree
        do {
            tree = try CacheTree(
                models: [model.configuration.pageLayout(thread.arithmetic.mode.cache)],
                budget: CacheBudget(bytes: cacheBytes))
        } catch { throw .memory(error) }
        self.tree = tree
        runner = PassRunner(model, number: 0, tree: tree, thread: thread)
    }

    /// The outputs of the last token, or of all.
    func logits(of tokens: [Int32], all: Bool) async throws(DecodingError) -> [[Float]] {
        let size = runner.model.configuration.vocabularySize
        if let unknown = tokens.first(where: { !(0..<size ~= Int($0)) }) {
            throw .unknownToken(id: unknown, vocabularySize: size)
        }
        let context = runner.model.configuration.contextLength
        guard tokens.count <= context else { throw .contextTooLong(tokens: tokens.count, context: context) }
        let node = tree.fork(tree.root)
        defer { tree.release(node) }
        var rows: [[Float]] = []
        for first in stride(from: 0, to: tokens.count, by: LogitReader.rowsPerPass) {
            let chunk = tokens[first..<min(first + LogitReader.rowsPerPass, tokens.count)]
            tree.append(Array(chunk), to: node)
            let wanted = all ? chunk.count : chunk.endIndex == tokens.count ? 1 : 0
            rows += try await runner.compute(
                [(node, wanted)], rowsPerPass: LogitReader.rowsPerPass
            ) { _, outputs in outputs.map { Array($0) } }[0]
        }
        // They have no form in JSON, and mean nothing.
        if let row = rows.firstIndex(where: { !$0.allSatisfy(\.isFinite) }) {
            throw .invalidLogits(position: tokens.count - rows.count + row)
        }
        return rows
    }
}
