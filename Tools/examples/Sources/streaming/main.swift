// Shows thoughts as they are scored, and stops at the first draft that is accepted, or after a second.
// Run it by `swift run -c release streaming [BUNDLE] [QUESTION]`.
import SpecSearch

let arguments = CommandLine.arguments
let bundle = arguments.count > 1 ? arguments[1] : "../../Weights/qwen"
let question = arguments.count > 2 ? arguments[2] : "Reach 36 from 1 8 12 16."
let reasoner = try await Reasoner(bundle: bundle)

/// Reads events until a draft is accepted; leaving the loop lets go of the search, which ends it.
func firstAccepted() async throws(ReasonerError) -> Thought? {
    var thoughts: [Thought] = []
    for try await event in reasoner.events(for: question) {
        switch event {
        case .proposed(let thought), .corrected(let thought): thoughts.append(thought)
        case .scored(let id, let score):
            print("#\(id) \(thoughts[id].origin) \(score)  \(thoughts[id].text)", terminator: "")
        case .accepted(let id): return thoughts[id]
        default: break
        }
    }
    return nil
}

let search = Task { try await firstAccepted() }
let alarm = Task {
    try await Task.sleep(for: .seconds(1))
    search.cancel()
}
do {
    let thought = try await search.value
    print("accepted: \(thought?.text ?? "no draft")", terminator: "")
} catch ReasonerError.generation(.cancelled) {
    print("the second is over")
}
alarm.cancel()
