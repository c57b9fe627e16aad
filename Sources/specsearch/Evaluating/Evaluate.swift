import ArgumentParser
import JSON
import SpecSearch

/// `specsearch evaluate`: several policies over one set of problems.
struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures policies on a set of problems: accuracy, rows, passes and time.",
        discussion: """
            Every problem is solved under each policy in turn, so that all see the same state of the machine. The file \
            holds JSON lines: {"id", "task", "question", "answer", …}; the task names the checker: exact compares the \
            answer, countdown (with numbers and target) checks every step, subset (the same) takes any different numbers \
            that add up.

            Policies are compared with plain where it is one of them: how many problems each alone solved, McNemar's exact \
            test, and the difference with its 95 % interval by the spread between problems. serial-plain and serial-lossless \
            find the same trees as plain and lossless, but write one text after the other, as the paper's baselines do.

            --json writes [{"policy", "problems", "correct", "accuracyLow", "accuracyHigh", "comparison": {"better", "worse", \
            "p", "difference", "low", "high"} or null, "secondsMean", "secondsMedian", "seconds95", "counters": {…}, \
            "phases": {…}, "answers": […]}].

            Examples:
              specsearch evaluate Weights/problems/countdown.jsonl --limit 50 --policies plain,paper
              specsearch evaluate Weights/problems/word.jsonl --seeds 3 --results word.results.jsonl
            """)

    @Argument(help: "JSON lines of problems.", completion: .file(extensions: ["jsonl"]))
    var file: String

    @Option(help: "What is measured, separated by commas: \(Contender.all.map(\.name).joined(separator: ", ")).")
    var policies = ContenderList([.plain, Contender(policy: .lossless), Contender(policy: .paper)])

    @Option(help: "Take only so many problems from the start of the file.")
    var limit: Int?

    @Option(help: "Solve every problem with so many seeds, from --seed on.")
    var seeds = 1

    @Flag(
        help: ArgumentHelp(
            "Let each policy remember, from problem to problem, how thoughts score. With several seeds each has a memory of its "
                + "own."))
    var remember = false

    @Option(
        help: ArgumentHelp(
            "Keep results in this file as they come, and go on there if it holds some: JSON lines. What --remember has learned is "
                + "not kept, so with it a file has all results of a policy or none.", valueName: "file"),
        completion: .file(extensions: ["jsonl"]))
    var results: String?

    @Flag(help: "Write one JSON array to standard output.")
    var json = false

    @OptionGroup(title: "Search")
    var search: SearchArguments

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is \(limit), expected 1 or more.") }
        guard (1...1000).contains(seeds) else { throw ValidationError("--seeds is \(seeds), expected 1 to 1000.") }
    }

    func run() async throws {
        search.computing.warn()
        let problems = Array(try Problem.read(file).prefix(limit ?? .max))
        let reasoner = try await search.loadReasoner()
        let kept = try results.map { try ResultsFile(path: $0, settings: try settings(reasoner)) }
        if let kept, remember {
            let first = try search.options(.plain, reasoner).sampling.seed
            try kept.checkIsWhole(of: problems, policies.contenders, (0..<UInt64(seeds)).map { first &+ $0 })
        }
        var evaluation = Evaluation(
            reasoner, policies.contenders, remembers: remember, known: kept?.results ?? []
        ) { try search.options($0.policy, reasoner) }
        let progress = ProgressLine(
            "solving \(problems.count) problems", of: (problems.count, "problems"))
        for (number, problem) in problems.enumerated() {
            for seed in 0..<UInt64(seeds) {
                for result in try await evaluation.solve(problem, seedOffset: seed) { try kept?.add(result) }
            }
            progress.show(Double(number + 1) / Double(problems.count))
        }
        progress.clear()
        let tallies = evaluation.tallies
        let plain = tallies.first { $0.contender == .plain }
        let output: JSONValue = .array(tallies.map { $0.json(beside: plain) })
        Terminal.standardOutput.write(json ? output.serialized() + "\n" : EvaluationTable(tallies).text)
    }

    /// What results depend on, but for policy and seed.
    private func settings(_ reasoner: Reasoner) throws -> JSONValue {
        var options = try search.options(.plain, reasoner).json.object ?? JSONObject()
        options.set("policy", .null)
        // It changes nothing but the time.
        options.set("draftsAhead", .null)
        let models = [reasoner.bundle.target, reasoner.bundle.draft, reasoner.bundle.reward]
        return [
            "problems": .string(file), "models": .array(models.map { $0.map { .string($0) } ?? .null }),
            "options": .object(options), "remembers": .bool(remember),
        ]
    }
}
