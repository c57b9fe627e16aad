/// A part of a template that writes text or changes names.
indirect enum Statement: Sendable {
    case text(TemplateText)
    case output(Expression)
    case choose([(condition: Expression, body: [Statement])], otherwise: [Statement])
    case loop(Loop)
    case set(Target, Expression)
    /// Sets a name to what its body writes.
    case capture(String, [Statement])
    /// A body whose names are forgotten behind it.
    case scope([Statement])
    case macro(Macro)
    case leaveLoop
    case nextRound

    /// What is assigned to.
    enum Target: Sendable {
        case names([String])
        case attribute(of: String, String)
    }

    /// A body for each element.
    struct Loop: Sendable {
        let names: [String]
        let elements: Expression
        let condition: Expression?
        let body: [Statement]
        let otherwise: [Statement]
        let line: Int
    }

    /// A named body with parameters.
    final class Macro: Sendable {
        let name: String
        let parameters: [(name: String, usual: Expression?)]
        let body: [Statement]
        let line: Int

        init(name: String, parameters: [(name: String, usual: Expression?)], body: [Statement], line: Int) {
            self.name = name
            self.parameters = parameters
            self.body = body
            self.line = line
        }
    }
}
