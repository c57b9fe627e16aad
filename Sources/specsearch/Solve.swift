import ArgumentParser
import Files
import JSON
import SearchPage
import SpecSearch

/// `specsearch solve`: the main job.
struct Solve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Searches for the answer of a question.",
        discussion: """
            The tree is shown on standard error as it grows: each thought with who wrote it, its reward, and what became of \
            it (● goes on, ○ competed, ✗ rejected). The answer and what it cost go to standard output, or everything as \
            JSON with --json.

            Policies: plain, the target writes every thought; lossless, the same thoughts, token for token, with tokens \
            drafted by the small model; paper, the small model drafts whole thoughts, and the target writes only what \
            the reward model rejects; selective, and of that only what is likely to be among the best.

            Example:
              specsearch solve "Reach 24 from 4 6 7 8." --policy paper --seed 1
              specsearch solve "Reach 24 from 4 6 7 8." --save search.json    # may be interrupted at any time
              specsearch solve --resume search.json --save search.json
              specsearch solve "Reach 24 from 4 6 7 8." --report search.html
            """)

    // Nothing completes a question; zsh has to be told so, or it would complete no option beside it.
    @Argument(help: "The question.", completion: .list([]))
    var question: String?

    @Option(
        help: ArgumentHelp(
            "Write the search into a file after every step, so that it can go on later.", valueName: "file"),
        completion: .file())
    var save: String?

    @Option(
        help: ArgumentHelp("Go on with a search that was saved; it knows its question and options.", valueName: "file"),
        completion: .file())
    var resume: String?

    @Option(
        help: ArgumentHelp(
            "What is known of scores from other questions: used if the file is there, and written when this one is answered.",
            valueName: "file"),
        completion: .file())
    var memory: String?

    @Option(
        help:
            "Who writes thoughts: plain, lossless, paper or selective; by default paper if the bundle has a draft model."
    )
    var policy: SpeculationPolicy?

    @Option(
        help: ArgumentHelp(
            "Write a page that shows the search as a picture, and replays it: one file for any browser.",
            valueName: "file"),
        completion: .file(extensions: ["html"]))
    var report: String?

    @Flag(help: "Write the whole search as one JSON object to standard output.")
    var json = false

    @Flag(help: "Do not show the tree as it grows.")
    var quiet = false

    @OptionGroup(title: "Search")
    var search: SearchArguments

    @OptionGroup(title: "Output")
    var recording: TraceArguments

    func validate() throws {
        guard (question == nil) != (resume == nil) else {
            throw ValidationError("Give a question, or a search to --resume.")
        }
    }

    func run() async throws {
        search.computing.warn()
        let trace = try recording.start()
        let page = try report.map { try OutputFile(path: $0, option: "--report") }
        if let memory { _ = try OutputFile(path: memory, option: "--memory") }
        let reasoner = try await search.loadReasoner(trace?.trace)
        var record = SearchRecording()
        var view = SearchView(quiet: quiet)
        defer { view.end() }
        var events = try events(reasoner).makeAsyncIterator()
        var steps = 0
        while let event = try await events.next() {
            view.show(event)
            record.note(event)
            guard let save else { continue }
            let saved = await events.saved()
            if saved.steps > steps { try saved.write(to: save) }
            steps = saved.steps
        }
        view.end()
        guard let answer = events.answer else { return }
        let computing = search.computing
        let result = AnswerReport(answer, mode: computing.mode)
        Terminal.standardOutput.write(json ? result.json.serialized() + "\n" : result.text)
        try page?.write(SearchPage.report(of: record.json(of: answer)))
        if let memory { try answer.memory.write(to: memory) }
        try trace?.write()
    }

    private func events(_ reasoner: Reasoner) throws -> SearchEvents {
        if let resume { return reasoner.events(continuing: try SavedSearch(contentsOf: resume)) }
        var options = try search.options(policy ?? reasoner.defaults.policy, reasoner)
        if let memory, PathKind(of: memory) != .nothing { options.memory = try SearchMemory(contentsOf: memory) }
        return reasoner.events(for: question ?? "", options: options)
    }
}
