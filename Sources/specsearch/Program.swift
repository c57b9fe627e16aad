import ArgumentParser
import Files

/// `specsearch`: reasoning by search on a plain CPU.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "specsearch",
        abstract: "Answers reasoning problems by searching a tree of thoughts, on a plain CPU.",
        discussion: """
            A small model drafts whole thoughts, a reward model judges them, and the large model writes only what must \
            be its own (SpecSearch, ICML 2025).

            Examples:
              specsearch solve "Reach 24 from 4 6 7 8."
              specsearch evaluate Weights/problems/countdown.jsonl --limit 20
              specsearch generate --model Weights/qwen/target --prompt "Q: Reach 24 from 4 6 7 8."

            What machines read goes to standard output, everything else to standard error. Exit codes: 0 done, 64 wrong \
            usage, 65 bad input file, 66 file missing, 70 internal error, 75 out of budgeted memory.
            """,
        subcommands: [
            Solve.self, Chat.self, Serve.self, Evaluate.self, Generate.self, Logits.self, Tokenize.self, Inspect.self,
            Bench.self, BenchSearch.self,
        ])

    /// Runs the command; a typed error becomes one line on standard error and its exit code.
    static func main() async {
        LostPages.endProgram(prefix: "specsearch: ")
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = Failure(error) else { exit(withError: error) }
            Terminal.standardError.write(said: "specsearch: \(failure.text)\n")
            exit(withError: ExitCode(failure.code))
        }
    }
}
