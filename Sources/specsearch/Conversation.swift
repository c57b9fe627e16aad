import ChatTemplates
import Decoding

/// A conversation at a terminal: its branches, and all the turns of each to go back to.
struct Conversation {
    /// The sessions behind each turn, from the beginning on. None of them is ever asked: each turn asks a fork, so that what
    /// was said before stays as it was.
    private var branches: [String: [ChatSession]]
    private var name = "main"
    private let output = Terminal.standardOutput
    private let notes = Terminal.standardError

    init(_ session: ChatSession) { branches = [name: [session]] }

    private var turns: [ChatSession] { branches[name] ?? [] }

    /// Answers line by line until the input ends.
    ///
    /// - Parameter isInteractive: whether somebody looks, who has to be asked.
    mutating func run(isInteractive: Bool) async throws {
        if isInteractive { notes.write(notes.dimmed("/help shows the commands.\n")) }
        while true {
            if isInteractive { notes.write(notes.bold(name == "main" ? "> " : "\(name)> ")) }
            guard let line = readLine() else { return }
            do {
                switch try ChatCommand(line) {
                case .quit: return
                case .none: if !line.isEmpty { try await answer(line, isInteractive: isInteractive) }
                case .some(let command): try await follow(command)
                }
            } catch let error as ChatCommand.Unknown {
                notes.write("\(error)\n")
            } catch let error as ChatSessionError {
                guard isInteractive else { throw error }
                notes.write(said: "specsearch: \(error)\n")
            }
        }
    }

    /// Lets the model answer, and shows that as it comes.
    private mutating func answer(_ line: String, isInteractive: Bool) async throws {
        guard let session = try await turns.last?.fork() else { return }
        let start = ContinuousClock.now
        do {
            for try await piece in session.streamResponse(to: line) { output.write(said: piece) }
        } catch {
            output.write("\n")
            throw error
        }
        output.write("\n")
        branches[name, default: []].append(session)
        guard isInteractive else { return }
        let seconds = TreeView.rounded((ContinuousClock.now - start).seconds, places: 1)
        notes.write(notes.dimmed("turn \(await Self.turns(in: session)), \(seconds) s\n"))
    }

    /// How often somebody asked in a session, before it was saved too.
    private static func turns(in session: ChatSession?) async -> Int {
        await session?.messages.filter { $0.role == "user" }.count ?? 0
    }

    private mutating func follow(_ command: ChatCommand) async throws {
        switch command {
        case .back:
            guard turns.count > 1 else { return notes.write("This is the beginning; turns from a file stay.\n") }
            branches[name]?.removeLast()
        case .fork(let other):
            if branches[other] == nil { branches[other] = turns }
            name = other
        case .branches:
            for (other, turns) in branches.sorted(by: { $0.key < $1.key }) {
                let said = await Self.turns(in: turns.last)
                notes.write("\(other == name ? "*" : " ") \(TerminalText.oneLine(other)), \(said) turns\n")
            }
        case .save(let path):
            try await turns.last?.save(to: path)
            notes.write("saved to \(TerminalText.oneLine(path))\n")
        case .history:
            for message in await turns.last?.messages ?? [] {
                output.write(said: "\(message.role): \(message.content)\n")
            }
        case .help: notes.write(ChatCommand.list + "\n")
        case .quit: break
        }
    }
}
