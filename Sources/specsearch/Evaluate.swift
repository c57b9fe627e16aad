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

            Example:
              specsearch evaluate Weights/problems/countdown.jsonl --limit 50 --policies plain,paper
            """)

    @Argument(help: "JSON lines of problems.", completion: .file(extensions: ["jsonl"]))
    var file: String

    @Option(help: "Policies, separated by commas.")
    var policies = PolicyList(policies: [.plain, .lossless, .paper])

    @Option(help: "Take only so many problems from the start of the file.")
    var limit: Int?

    @Flag(help: "Let each policy remember, from problem to problem, how thoughts score.")
    var remember = false

    @Flag(help: "Write one JSON object to standard output.")
    var json = false

    @OptionGroup(title: "Search")
    var search: SearchArguments

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is \(limit), expected 1 or more.") }
    }

    func run() async throws {
        search.computing.warn()
        let problems = Array(try Problem.read(file).prefix(limit ?? .max))
        let reasoner = try await search.loadReasoner()
        var tallies = policies.policies.map { Tally(policy: $0) }
        let progress = ProgressLine("solving \(problems.count) problems")
        for (number, problem) in problems.enumerated() {
            // The first policy of a problem finds caches colder than the last: so each takes its turn at being first.
            for turn in tallies.indices {
                let index = (turn + number) % tallies.count
                var options = try search.options(tallies[index].policy, reasoner)
                if remember { options.memory = tallies[index].memory }
                tallies[index].add(problem, try await reasoner.answer(problem.question, options: options))
            }
            progress.show(Double(number + 1) / Double(problems.count))
        }
        progress.clear()
        let output: JSONValue = .array(tallies.map(\.json))
        Terminal.standardOutput.write(json ? output.serialized() + "\n" : Tally.table(tallies))
    }
}

/// Policies on the command line: `plain,paper`.
struct PolicyList: ExpressibleByArgument {
    let policies: [SpeculationPolicy]

    init(policies: [SpeculationPolicy]) { self.policies = policies }

    init?(argument: String) {
        let policies = argument.split(separator: ",").map { SpeculationPolicy(rawValue: String($0)) }
        guard !policies.isEmpty, !policies.contains(nil) else { return nil }
        self.policies = policies.compactMap { $0 }
    }

    var defaultValueDescription: String { policies.map(\.rawValue).joined(separator: ",") }
}
