import ArgumentParser
import Decoding
import JSON
import SpecSearch
import Transformer

/// Writing with proposals beside writing without.
extension Bench {
    /// The share of proposals that is accepted unless told otherwise.
    private static let usualAcceptance = 0.8

    func measureProposals(_ target: LanguageModel, _ draft: LanguageModel) async throws {
        let context = min(target.configuration.contextLength, draft.configuration.contextLength)
        guard promptTokens + generatedTokens <= context else {
            throw ValidationError(
                "The models' context holds \(context) tokens, less than --prompt-tokens and --generated-tokens together."
            )
        }
        let scheduler = try Scheduler(
            target: target, draft: draft, tokenizer: nil, thread: computing.thread(),
            limits: computing.configuration.limits)
        if draftTokens?.tokens == nil { await scheduler.calibrate(.ofUser) }
        let benchmark = SpeculationBenchmark(
            scheduler: scheduler,
            vocabularySize: min(target.configuration.vocabularySize, draft.configuration.vocabularySize),
            acceptance: acceptance ?? Self.usualAcceptance, draftLength: draftTokens?.tokens)
        var speeds: [SpeculationSpeed] = []
        for count in rows.numbers {
            speeds.append(
                try await benchmark.speed(
                    branches: Int(count), context: promptTokens, tokens: generatedTokens, repetitions: repetitions))
        }
        Terminal.standardOutput.write(json ? report(speeds) : table(speeds))
    }

    private func report(_ speeds: [SpeculationSpeed]) -> String {
        let entries = speeds.map { speed -> JSONValue in
            [
                "phase": "speculation", "rows": .integer(speed.branches), "context": .integer(promptTokens),
                "acceptance": .number(acceptance ?? Self.usualAcceptance),
                "tokensPerSecond": .number(speed.speculative),
                "plainTokensPerSecond": .number(speed.plain), "ratio": .number(speed.ratio),
                "tokensDrafted": .integer(speed.counters.tokensDrafted),
                "draftPasses": .integer(speed.counters.draftPasses),
                "targetPasses": .integer(speed.counters.targetPasses),
            ]
        }
        return JSONValue.array(entries).serialized() + "\n"
    }

    private func table(_ speeds: [SpeculationSpeed]) -> String {
        speeds.reduce(Bench.line("", ["plain", "tokens/s", "ratio", "drafted", "passes"])) { text, speed in
            let (plain, speculative) = (Bench.tenths(speed.plain), Bench.tenths(speed.speculative))
            let counts = [speed.counters.tokensDrafted, speed.counters.targetPasses].map { "\($0)" }
            let ratio = "\((speed.ratio * 100).rounded() / 100)"
            return text + Bench.line(Bench.branches(speed.branches), [plain, speculative, ratio] + counts)
        }
    }
}
