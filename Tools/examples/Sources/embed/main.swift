// A reasoner in a program of one's own: loads a bundle, answers a question, and says what that took.
// Run it by `swift run -c release embed [BUNDLE] [QUESTION]`.
import SpecSearch

let arguments = CommandLine.arguments
let bundle = arguments.count > 1 ? arguments[1] : "../../Weights/qwen"
let question =
    arguments.count > 2
    ? arguments[2]
    : "Nora has 58 cookies. Nora buys 8 bags with 21 cookies each. Nora gives 43 cookies to a neighbour. "
        + "How many cookies does Nora have now?"

let reasoner = try await Reasoner(bundle: bundle)
let answer = try await reasoner.answer(question)
print(answer.text)
print("answer    \(answer.answer ?? "none"), worth \(answer.score ?? 0)")

let counters = answer.outcome.counters
print("thoughts  \(counters.thoughtsDrafted) drafted, \(counters.thoughtsAccepted) accepted,", terminator: " ")
print("\(counters.thoughtsCorrected) corrected")
print("rows      \(counters.targetRows) target, \(counters.draftRows) draft, \(counters.rewardRows) reward")
print("memory    \(counters.kvBytesPeak) bytes at most, \(counters.kvBytesUnshared) without sharing")
print("time      \(answer.duration)")
