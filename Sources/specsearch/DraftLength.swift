import ArgumentParser
import Decoding

/// How many tokens are proposed per pass, as an argument: a number, or `auto` for as many as pay.
struct DraftLength: ExpressibleByArgument {
    static let help = "Tokens that are proposed per pass: 0 to \(Scheduler.longestDraft), or auto for as many as pay."

    /// The number; nil for as many as pay.
    let tokens: Int?

    init(_ tokens: Int?) { self.tokens = tokens }

    init?(argument: String) {
        if argument == "auto" {
            tokens = nil
        } else {
            guard let number = Int(argument), 0...Scheduler.longestDraft ~= number else { return nil }
            tokens = number
        }
    }

    var defaultValueDescription: String { tokens.map { "\($0)" } ?? "auto" }
}
