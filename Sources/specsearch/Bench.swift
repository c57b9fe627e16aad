import ArgumentParser
import Compute
import JSON
import Transformer

/// `specsearch bench`: how fast the engine reads prompts and writes tokens of one or many branches.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the engine's speed: a prompt, then tokens for 1 to 64 branches at a time.",
        discussion: """
            All branches share the prompt and write one token each in every pass, so a pass has as many rows as there \
            are branches. Of the repetitions the median is shown. Beside tokens stand the matrix products alone, and then \
            attention alone: their share of the time, what they read and multiplied, and how near that is to the limit, \
            which is the longer of the times that their bytes and their operations take at the rates that this machine \
            reached in the same run.

            --json writes [{"phase": "prompt" | "decode", "rows": …, "context": …, "tokensPerSecond": …, \
            "productShare": …, "gigabytesPerSecond": …, "gigaoperationsPerSecond": …, "shareOfLimit": …, "attention": \
            {"share": …, "gigabytesPerSecond": …, "gigaoperationsPerSecond": …, "shareOfLimit": …, "kvBytesRead": …, \
            "kvBytesUnique": …}}]: what a pass reads of keys and values on average, and what it has to.

            With --draft, branches write with and without its proposals in turns, and the ratio is what counts. \
            Proposals are accepted at the rate of --acceptance whatever the models say, so that any weights do; all \
            passes run. --json then has {"phase": "speculation", "rows": …, "context": …, "acceptance": …, \
            "tokensPerSecond": …, "plainTokensPerSecond": …, "ratio": …, "tokensDrafted": …, "draftPasses": …, \
            "targetPasses": …} instead.

            Examples:
              specsearch bench --model Weights/qwen/target --rows 1,8,16
              specsearch bench --model Weights/qwen/target --draft Weights/qwen/draft --acceptance 0.8 --rows 1,4,16
            """)

    @Option(help: ArgumentHelp("A Hugging Face folder.", valueName: "dir"), completion: .directory)
    var model: String

    @Flag(help: "Give each branch a copy of the prompt, as if nothing could be shared.")
    var unshared = false

    @Option(
        help: ArgumentHelp(
            "How to keep weights: f32, bf16, int8 or int4; by default as the file has them.", valueName: "kind"))
    var precision: WeightPrecision?

    @Option(help: ArgumentHelp("Tokens of the prompt.", valueName: "count"))
    var promptTokens = 512

    @Option(help: ArgumentHelp("Tokens that each branch writes.", valueName: "count"))
    var generatedTokens = 16

    @Option(help: ArgumentHelp("Branches to measure, separated by commas.", valueName: "counts"))
    var rows = NumberList([1, 2, 4, 8, 16, 32, 64])

    @Option(help: ArgumentHelp("How often everything is measured.", valueName: "count"))
    var repetitions = 3

    @Option(
        help: ArgumentHelp("A smaller model with the same vocabulary, to measure proposals.", valueName: "dir"),
        completion: .directory)
    var draft: String?

    @Option(help: ArgumentHelp("The share of proposals that is accepted, 0 to 1; by default 0.8.", valueName: "share"))
    var acceptance: Double?

    @Option(help: ArgumentHelp("\(DraftLength.help)", valueName: "count"))
    var draftTokens: DraftLength?

    @Flag(help: "Write JSON to standard output.")
    var json = false

    @OptionGroup(title: "Computing")
    var computing: ComputeArguments

    func validate() throws {
        guard (1...65_536).contains(promptTokens) else {
            throw ValidationError("--prompt-tokens is \(promptTokens), expected 1 to 65536.")
        }
        guard (1...4096).contains(generatedTokens) else {
            throw ValidationError("--generated-tokens is \(generatedTokens), expected 1 to 4096.")
        }
        guard (1...1000).contains(repetitions) else {
            throw ValidationError("--repetitions is \(repetitions), expected 1 to 1000.")
        }
        if let acceptance, !(0...1).contains(acceptance) {
            throw ValidationError("--acceptance is \(acceptance), expected 0 to 1.")
        }
        guard draft == nil || !unshared else {
            throw ValidationError("--unshared measures one model: leave out --draft.")
        }
        guard draft != nil || (acceptance == nil && draftTokens == nil) else {
            throw ValidationError("--acceptance and --draft-tokens need --draft DIR.")
        }
        if let wrong = rows.numbers.first(where: { !(1...4096).contains($0) }) {
            throw ValidationError("--rows has \(wrong), expected numbers from 1 to 4096.")
        }
    }

    func run() async throws {
        computing.warn()
        let loaded = try LanguageModel(contentsOf: model, precision: precision, threads: computing.threads)
        if let draft {
            let small = try LanguageModel(contentsOf: draft, precision: precision, threads: computing.threads)
            return try await measureProposals(loaded, small)
        }
        let benchmark = try EngineBenchmark(
            loaded, threads: computing.threads ?? ThreadTeam.processors, mode: computing.mode,
            cacheBytes: computing.cacheMemory << 20)
        try await benchmark.warmUp()
        var speeds = [[EngineSpeed]](repeating: [], count: 1 + rows.numbers.count)
        for _ in 0..<repetitions {
            speeds[0].append(try await benchmark.promptSpeed(tokens: promptTokens))
            for (place, count) in rows.numbers.enumerated() {
                let speed = try await benchmark.decodeSpeed(
                    branches: Int(count), context: promptTokens, tokens: generatedTokens, isShared: !unshared)
                speeds[place + 1].append(speed)
            }
        }
        let medians = speeds.map { $0.sorted { $0.tokensPerSecond < $1.tokensPerSecond }[$0.count / 2] }
        Terminal.standardOutput.write(json ? report(medians) : table(medians))
    }

    static func branches(_ count: Int) -> String { count == 1 ? "1 branch" : "\(count) branches" }

    static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private func report(_ speeds: [EngineSpeed]) -> String {
        let shapes = [("prompt", promptTokens, 0)] + rows.numbers.map { ("decode", Int($0), promptTokens) }
        let entries = zip(shapes, speeds).map { shape, speed -> JSONValue in
            [
                "phase": .string(shape.0), "rows": .integer(shape.1), "context": .integer(shape.2),
                "tokensPerSecond": .number(speed.tokensPerSecond), "productShare": .number(speed.products.share),
                "gigabytesPerSecond": .number(speed.products.bytesPerSecond / 1e9),
                "gigaoperationsPerSecond": .number(speed.products.operationsPerSecond / 1e9),
                "shareOfLimit": .number(speed.products.shareOfLimit), "attention": report(attention: speed),
            ]
        }
        return JSONValue.array(entries).serialized() + "\n"
    }

    private func report(attention speed: EngineSpeed) -> JSONValue {
        [
            "share": .number(speed.attention.share),
            "gigabytesPerSecond": .number(speed.attention.bytesPerSecond / 1e9),
            "gigaoperationsPerSecond": .number(speed.attention.operationsPerSecond / 1e9),
            "shareOfLimit": .number(speed.attention.shareOfLimit),
            "kvBytesRead": .integer(speed.attention.bytes / speed.passes), "kvBytesUnique": .integer(speed.cacheBytes),
        ]
    }

    private func table(_ speeds: [EngineSpeed]) -> String {
        let names = ["prompt of \(promptTokens)"] + rows.numbers.map { Bench.branches(Int($0)) }
        let part = ["GB/s", "GOP/s", "of limit"]
        let heading = Bench.line("", ["tokens/s", "products"] + part + ["attention"] + part)
        return zip(names, speeds).reduce(heading) { text, entry in
            let (name, speed) = entry
            let parts = [speed.products, speed.attention].flatMap { Bench.columns($0) }
            return text + Bench.line(name, [Bench.tenths(speed.tokensPerSecond)] + parts)
        }
    }

    private static func columns(_ part: EngineSpeed.Part) -> [String] {
        [
            percent(part.share), tenths(part.bytesPerSecond / 1e9),
            "\(Int((part.operationsPerSecond / 1e9).rounded()))", percent(part.shareOfLimit),
        ]
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    static func line(_ name: String, _ columns: [String]) -> String {
        func space(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(1, width - text.count))
        }
        return name + space(name, 14) + columns.map { space($0, 9) + $0 }.joined() + "\n"
    }
}
