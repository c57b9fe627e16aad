// A scorer of one's own in place of the reward model: a calculator that checks the arithmetic of every thought.
// Run it by `swift run -c release scorer [BUNDLE] [QUESTION]`.
import SpecSearch

/// Gives 1 for a thought that is right, 0 for one that is wrong, and 0.5 where it cannot tell.
struct Calculator: ThoughtScorer, ScoringSession {
    /// It remembers nothing, so that it is its own session.
    func begin(question: String) async throws -> any ScoringSession { self }

    func scores(for thoughts: [Thought.ID], in tree: ThoughtTree) async throws -> [Float] {
        thoughts.map { score(tree[$0].text, after: tree.text(of: tree[$0].parent)) }
    }

    private func score(_ thought: String, after reasoning: String) -> Float {
        let results = calculations(in: thought)
        if !results.isEmpty { return results.allSatisfy(\.isRight) ? 1 : 0 }
        // What calculates nothing repeats the last result, as in "The answer is 183."
        guard let last = calculations(in: reasoning).last else { return 0.5 }
        return thought.contains("answer is \(last.result).") ? 1 : 0
    }

    /// Every `8 * 21 = 168` of a text: what it says is the result, and whether it is.
    private func calculations(in text: String) -> [(result: Substring, isRight: Bool)] {
        text.matches(of: /(\d+) ([-+*\/]) (\d+) = (\d+)/).map { match in
            let (_, left, operation, right, result) = match.output
            guard let left = Double(left), let right = Double(right), let found = Double(result) else {
                return (result, false)
            }
            let expected =
                switch operation {
                case "+": left + right
                case "-": left - right
                case "*": left * right
                default: left / right
                }
            return (result, found == expected)
        }
    }
}

let arguments = CommandLine.arguments
let bundle = arguments.count > 1 ? arguments[1] : "../../Weights/qwen"
let question =
    arguments.count > 2
    ? arguments[2]
    : "Noah has 271 stickers. Noah then triples the number of stickers. Noah fills 8 bags with 64 stickers each and "
        + "sells them. How many stickers does Noah have now?"

let reasoner = try await Reasoner(bundle: bundle, scorer: Calculator())
let answer = try await reasoner.answer(question)
for thought in answer.outcome.tree.thoughts {
    print("#\(thought.id) \(thought.origin) \(thought.state) \(thought.score ?? .nan)  \(thought.text)", terminator: "")
}
print("answer \(answer.answer ?? "none")")
