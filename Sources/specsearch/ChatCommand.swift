/// What a line of a chat that begins with a slash asks for.
enum ChatCommand {
    case back
    case fork(String)
    case branches
    case save(String)
    case history
    case help
    case quit

    static let list = """
          /back         forget the last turn
          /fork NAME    go on in a branch of that name, or go to it if it is there
          /branches     all branches
          /history      what was said in this one
          /save FILE    write it into a file
          /help         this list
          /quit         end, as the end of the input does
        """

    /// Nil for a line that is no command.
    ///
    /// - Throws: `Unknown`.
    init?(_ line: String) throws(Unknown) {
        guard line.hasPrefix("/") else { return nil }
        let words = line.dropFirst().split(separator: " ", maxSplits: 1).map(String.init)
        let rest = words.count > 1 ? words[1].trimmingSpaces : ""
        switch (words.first, rest.isEmpty) {
        case ("back", true): self = .back
        case ("fork", false): self = .fork(rest)
        case ("branches", true): self = .branches
        case ("save", false): self = .save(rest)
        case ("history", true): self = .history
        case ("help", true): self = .help
        case ("quit", true): self = .quit
        default: throw Unknown(line: line)
        }
    }

    /// A line that begins with a slash and is no command.
    struct Unknown: Error, CustomStringConvertible {
        let line: String

        var description: String { "There is no \(TerminalText.oneLine(line)). These are the commands:\n\(list)" }
    }
}

extension String {
    /// The text without spaces around it.
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
