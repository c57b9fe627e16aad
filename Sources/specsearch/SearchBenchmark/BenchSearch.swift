import ArgumentParser
import Compute
import Decoding
import JSON
import SpecSearch
import Transformer

/// `specsearch bench-search`: how fast searches of a shape are, with models of any weights.
struct BenchSearch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-search",
        abstract: "Measures searches of a given shape under each policy, with models of any weights.",
        discussion: """
            All passes of the three models really run, but what thoughts are worth, which of them say the same and which \
            proposed tokens are accepted is drawn at given rates, such as evaluate measures with models that were trained. So \
            what a policy would gain with larger models can be measured before they are there. Every path has as many \
            thoughts as --depth says. serial-plain and serial-lossless write one text after the other, as the paper's
            baselines do.

            --json writes [{"policy", "seconds", "ratio", "counters": {…}, "phases": {…}}]: seconds are the median, the ratio \
            is how many times as fast as plain, the median of pairs.

            Example:
              specsearch bench-search --target 1.5b --draft 0.15b --reward 0.06b --policies lossless,selective --depth 10
            """)

    @Option(help: ArgumentHelp("A Hugging Face folder.", valueName: "dir"), completion: .directory)
    var target: String

    @Option(help: ArgumentHelp("A smaller model with the same vocabulary.", valueName: "dir"), completion: .directory)
    var draft: String

    @Option(
        help: ArgumentHelp("A causal model that reads thoughts; what it says is not looked at.", valueName: "dir"),
        completion: .directory)
    var reward: String

    @Option(help: "What is measured beside plain, separated by commas.")
    var policies = ContenderList([
        Contender(policy: .lossless), Contender(policy: .paper), Contender(policy: .selective),
    ])

    @Option(help: "Thoughts that continue each path (N).")
    var width = 6

    @Option(help: "Paths that live at a time (b).")
    var beams = 2

    @Option(help: "Thoughts that a path has (K).")
    var depth = 10

    @Option(help: "Drafts for each path; by default twice the width.")
    var drafts: Int?

    @Option(help: ArgumentHelp("Tokens of a thought.", valueName: "count"))
    var thoughtTokens = 32

    @Option(help: ArgumentHelp("Tokens of the question.", valueName: "count"))
    var promptTokens = 64

    @Option(help: ArgumentHelp("How often everything is measured.", valueName: "count"))
    var repetitions = 3

    @Flag(help: "Write JSON to standard output.")
    var json = false

    @OptionGroup(title: "Rates")
    var rates: ForcedRates

    @OptionGroup(title: "Computing")
    var computing: ComputeArguments

    func validate() throws {
        guard (1...4096).contains(thoughtTokens), (1...65_536).contains(promptTokens) else {
            throw ValidationError("--thought-tokens and --prompt-tokens are at least 1, at most 4096 and 65536.")
        }
        guard (1...1000).contains(repetitions) else {
            throw ValidationError("--repetitions is \(repetitions), expected 1 to 1000.")
        }
        guard !policies.contenders.contains(.plain) else {
            throw ValidationError("--policies are those beside plain, which is always measured.")
        }
    }

    func run() async throws {
        computing.warn()
        var parameters = SearchParameters()
        (parameters.width, parameters.beams, parameters.depth) = (width, beams, depth)
        parameters.draftsPerPath = drafts
        try parameters.check()
        let benchmark = try await benchmark()
        let contenders = [.plain] + policies.contenders
        var runs = contenders.map { _ in [SearchBenchmark.Run]() }
        for repetition in 0..<repetitions {
            for turn in contenders.indices {
                let index = (turn + repetition) % contenders.count
                runs[index].append(
                    try await benchmark.run(contenders[index], parameters, seed: UInt64(repetition + 1)))
            }
        }
        let results = zip(contenders, runs).map { SearchSpeed($0, $1, plain: runs[0]) }
        let output: JSONValue = .array(results.map(\.json))
        Terminal.standardOutput.write(json ? output.serialized() + "\n" : SearchSpeed.table(results))
    }

    private func benchmark() async throws -> SearchBenchmark {
        let thread = computing.thread()
        let load = { (folder: String, outputs: [Int32]?) in
            try LanguageModel(contentsOf: folder, threads: computing.threads, outputTokens: outputs)
        }
        let (large, small, judge) = (try load(target, nil), try load(draft, nil), try load(reward, [0, 1]))
        let longest = promptTokens + depth * (thoughtTokens + 1)
        for (name, model) in [("--target", large), ("--draft", small), ("--reward", judge)] {
            let (shape, needed) = (model.configuration, large.configuration.vocabularySize)
            guard shape.vocabularySize >= needed, shape.contextLength > longest else {
                throw ValidationError(
                    "\(name) has \(shape.vocabularySize) tokens and a context of \(shape.contextLength), expected \(needed) "
                        + "and more than \(longest).")
            }
        }
        let scheduler = try Scheduler(
            target: large, draft: small, tokenizer: nil, thread: thread, limits: computing.configuration.limits)
        await scheduler.calibrate(.ofUser)
        return try SearchBenchmark(
            scheduler: scheduler, reward: judge, thread: thread, rates: rates,
            tokens: thoughtTokens, promptTokens: promptTokens,
            vocabularySize: large.configuration.vocabularySize, cacheBytes: computing.configuration.limits.cacheBytes)
    }
}
