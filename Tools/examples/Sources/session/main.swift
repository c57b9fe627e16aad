// Several answers from one prompt that is read once: `swift run -c release session [MODEL] [PROMPT]`. The bundled models are
// no chat models, so this forks a path of a `Scheduler`; `ChatSession.fork()` does the same for a whole conversation.
import Decoding
import Tokenization
import Transformer

let arguments = CommandLine.arguments
let folder = arguments.count > 1 ? arguments[1] : "../../Weights/qwen/target"
let prompt = arguments.count > 2 ? arguments[2] : "Q: Reach 36 from 1 8 12 16.\n"

let tokenizer = try Tokenizer(contentsOf: folder)
let model = try LanguageModel(contentsOf: folder)
let ends = Set(model.configuration.endTokens)
let scheduler = try Scheduler(target: model, tokenizer: tokenizer, thread: ComputeThread())

// Every answer has the same seed and a branch of its own: it is what it would be without the others.
let start = try await scheduler.open(tokenizer.encode(prompt))
let sampling = try SamplingParameters(temperature: 1, seed: 1)
let result = try await scheduler.generate(
    (0..<6).map { slot in
        GenerationRequest(
            start: start, sampling: sampling, branch: .root.child(slot: slot, origin: .target),
            stop: StopRule(endTokens: ends, maxTokens: 120))
    })

for (number, answer) in result.generated.enumerated() {
    print("--- answer \(number), \(answer.tokens.count) tokens, ends by \(answer.end)")
    print(tokenizer.decode(answer.tokens, skipsSpecialTokens: true))
}
let counters = result.counters
let written = result.generated.reduce(0) { $0 + $1.tokens.count }
print("\(written) tokens in \(counters.targetRows) rows and \(counters.targetPasses) passes, the prompt included")
print("\(counters.kvBytesPeak) bytes of keys and values, \(counters.kvBytesUnshared) without sharing")
await scheduler.release([start] + result.generated.map(\.node))
