import CacheTree
import TestSupport
import Tokenization
import Transformer
import XCTest

@testable import Decoding

/// What the scheduler promises: outcomes depend on path, seed and parameters alone.
final class SchedulerTests: XCTestCase {
    private static let thread = ComputeThread(threads: 2)
    private static let target = Result { try LanguageModel(contentsOf: TinyModels.bundled("qwen/target")) }
    private static let draft = Result { try LanguageModel(contentsOf: TinyModels.bundled("qwen/draft")) }
    private static let tokenizer = Result { try Tokenizer(contentsOf: TinyModels.bundled("qwen/target")) }

    private func scheduler(
        rowsPerPass: Int = 256, cacheBytes: Int = 1 << 30, thread: ComputeThread? = nil
    ) throws -> Scheduler {
        try Scheduler(
            target: Self.target.get(), draft: Self.draft.get(), tokenizer: Self.tokenizer.get(),
            thread: thread ?? Self.thread, limits: .init(rowsPerPass: rowsPerPass, cacheBytes: cacheBytes))
    }

    /// Prompts of several lengths: questions of the kind the bundled models know, cut at various places.
    private func prompts(_ count: Int) throws -> [[Int32]] {
        let tokenizer = try Self.tokenizer.get()
        var random = SeededRandom(seed: 5)
        return (0..<count).map { number in
            let numbers = (0..<4).map { _ in String(Int.random(in: 1...25, using: &random)) }
            let countdown = "Q: Reach \(10 + number % 80) from \(numbers.joined(separator: " ")).\n"
            let word = "Q: Max has \(5 + number) eggs. Max loses \(numbers[0]) eggs. How many eggs does Max have now?\n"
            let tokens = tokenizer.encode(number % 2 == 0 ? countdown : word)
            return number % 5 == 4 ? Array(tokens.prefix(1 + number % tokens.count)) : tokens
        }
    }

    private func request(
        _ start: NodeID, draftLength: Int? = 0, draftWidth: Int? = nil, sampling: SamplingParameters = .greedy,
        branch: BranchKey = .root,
        maxTokens: Int = 48, writer: Writer = .target
    ) throws -> GenerationRequest {
        let ends = Set(try Self.target.get().configuration.endTokens)
        return GenerationRequest(
            start: start, writer: writer, draftLength: draftLength, draftWidth: draftWidth, sampling: sampling,
            branch: branch,
            stop: StopRule(endTokens: ends, maxTokens: maxTokens))
    }

    /// All prompts in one scheduler at once.
    private func generate(
        _ prompts: [[Int32]], draftLength: Int?, draftWidth: Int? = nil, sampling: SamplingParameters,
        scheduler: Scheduler
    ) async throws -> GenerationResult {
        var requests: [GenerationRequest] = []
        for prompt in prompts {
            requests.append(
                try request(
                    await scheduler.open(prompt), draftLength: draftLength, draftWidth: draftWidth,
                    sampling: sampling))
        }
        let result = try await scheduler.generate(requests)
        for (request, generated) in zip(requests, result.generated) {
            await scheduler.release([request.start, generated.node])
        }
        let memory = await scheduler.memory
        XCTAssertEqual(memory.bytesInUse, 0, "all pages are free again")
        return result
    }

    func testSpeculationGivesTheSameTokensAsPlainDecodingOn100Prompts() async throws {
        let prompts = try prompts(100)
        for sampling in [SamplingParameters.greedy, try SamplingParameters(temperature: 0.8, seed: 7)] {
            let plain = try await generate(prompts, draftLength: 0, sampling: sampling, scheduler: scheduler())
            XCTAssertEqual(plain.counters.draftRows, 0)
            for (draftLength, width) in [(1, 1), (4, 1), (15, 1), (1, 2), (4, 4), (15, 3)] {
                let speculative = try await generate(
                    prompts, draftLength: draftLength, draftWidth: width, sampling: sampling, scheduler: scheduler())
                XCTAssertEqual(plain.generated.map(\.tokens), speculative.generated.map(\.tokens))
                XCTAssertEqual(plain.generated.map(\.logProbabilities), speculative.generated.map(\.logProbabilities))
                XCTAssertEqual(plain.generated.map(\.end), speculative.generated.map(\.end))
                XCTAssertGreaterThan(speculative.counters.tokensAccepted, 0)
                XCTAssertLessThan(speculative.counters.targetPasses, plain.counters.targetPasses)
            }
        }
    }

    /// Half of them greedy, the others with every filter and penalty there is.
    func testEveryDrafterGivesTheTokensOfPlainDecodingOn1000Prompts() async throws {
        let prompts = try prompts(1000)
        let sampled = try [
            SamplingParameters(temperature: 0.8, seed: 1), SamplingParameters(topK: 20, topP: 0.9, seed: 2),
            SamplingParameters(temperature: 1.2, minP: 0.05, seed: 3),
            SamplingParameters(repetitionPenalty: 1.2, presencePenalty: 0.3, frequencyPenalty: 0.2, seed: 4),
        ]
        func texts(_ draftLength: Int, _ drafters: Set<Drafter>, width: Int = 1) async throws -> GenerationResult {
            let scheduler = try scheduler(rowsPerPass: 5 * prompts.count)
            var requests: [GenerationRequest] = []
            for (number, prompt) in prompts.enumerated() {
                var request = try request(
                    await scheduler.open(prompt), draftLength: draftLength, draftWidth: width,
                    sampling: number % 2 == 0 ? .greedy : sampled[number / 2 % sampled.count])
                request.drafters = drafters
                requests.append(request)
            }
            return try await scheduler.generate(requests)
        }
        let plain = try await texts(0, [])
        let kinds: [(Set<Drafter>, Int)] = [
            ([.model], 1), ([.model], 3), ([.ngrams], 1), ([.model, .ngrams], 1), ([.model, .ngrams], 2),
        ]
        for (drafters, width) in kinds {
            let speculative = try await texts(4, drafters, width: width)
            let same = zip(plain.generated, speculative.generated).count { $0.tokens == $1.tokens && $0.end == $1.end }
            XCTAssertEqual(same, 1000, "\(drafters), \(width) at the first place")
            let counters = speculative.counters
            XCTAssertGreaterThan(counters.tokensAccepted, 1000, "\(drafters)")
            XCTAssertEqual(counters.draftRows > 0, drafters.contains(.model))
            XCTAssertEqual(counters.ngramTokensAccepted > 0, drafters.contains(.ngrams))
            XCTAssertEqual(counters.tokensAccepted == counters.ngramTokensAccepted, drafters == [.ngrams])
        }
    }

    /// The first two tokens of many branches under ratio acceptance, against what the target says.
    func testRatioAcceptanceFollowsTheTargetsDistribution() async throws {
        let (scheduler, model) = (try scheduler(rowsPerPass: 3000), try Self.target.get())
        let parameters = try SamplingParameters(temperature: 1.3, topK: 40, seed: 12)
        // Text that repeats itself, so that n-grams are found.
        let prompt = try Self.tokenizer.get().encode(
            "Q: Reach 24 from 4 6 7 8.\n4 + 6 = 10 (left 7 8 10)\nQ: Reach 24 from 4 6 7 8.\n4")
        for (drafters, width) in [([.model], 1), ([.model], 3), ([.ngrams], 1)] as [(Set<Drafter>, Int)] {
            let start = try await scheduler.open(prompt)
            var (texts, drafted, accepted) = ([[Int32]](), 0, 0)
            for round in 0..<6 {
                let result = try await scheduler.generate(
                    (0..<1000).map { slot in
                        GenerationRequest(
                            start: start, draftLength: 2, draftWidth: width, drafters: drafters, acceptance: .ratio,
                            sampling: parameters,
                            branch: BranchKey.root.child(slot: 1000 * round + slot, origin: .target),
                            stop: StopRule(endTokens: [], maxTokens: 3))
                    })
                texts += result.generated.map(\.tokens)
                drafted += result.counters.tokensDrafted
                accepted += result.counters.tokensAccepted
                await scheduler.release(result.generated.map(\.node))
            }
            XCTAssertGreaterThan(accepted, 100, "\(drafters)")
            XCTAssertLessThan(accepted, drafted)
            let firsts = Dictionary(grouping: texts) { $0[0] }
            let frequent = firsts.values.max { $0.count < $1.count } ?? []
            for (path, tokens) in [(prompt, texts.map { $0[0] }), (prompt + [frequent[0][0]], frequent.map { $0[1] })] {
                let logits = PathRunner(model, arithmetic: Self.thread.arithmetic).append(path)
                let row = Array(logits.suffix(model.configuration.vocabularySize))
                var counts = [Int](repeating: 0, count: row.count)
                for token in tokens { counts[Int(token)] += 1 }
                let test = ChiSquare(
                    observed: counts, probabilities: SamplingReference.probabilities(row, parameters))
                XCTAssertGreaterThan(test.pValue, 0.01 / 4, "\(drafters): χ² \(test.statistic)")
            }
        }
    }

    func testWhatDoesNotPayIsNotProposedAndWhatPaysIs() async throws {
        let prompts = try prompts(20)
        let plain = try await generate(prompts, draftLength: 0, sampling: .greedy, scheduler: scheduler())
        let flat = PassCosts(passes: [1, 1, 1, 1, 1, 1, 1.1])
        let cheap = PassCosts(passes: [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.011])
        let steep = PassCosts(passes: [1, 2, 4, 8, 16, 32, 64])
        for (target, pays) in [(flat, true), (steep, false)] {
            let scheduler = try scheduler()
            await scheduler.calibrate(RowBudget(target: target, draft: cheap))
            let found = try await generate(prompts, draftLength: nil, sampling: .greedy, scheduler: scheduler)
            XCTAssertEqual(found.generated.map(\.tokens), plain.generated.map(\.tokens))
            XCTAssertEqual(found.counters.tokensAccepted > 100, pays)
            XCTAssertEqual(found.counters.draftPasses > 0, pays)
            XCTAssertEqual(found.counters.targetRows > plain.counters.targetRows, pays)
            if !pays { XCTAssertEqual(found.counters, plain.counters, "speculation that is off costs nothing") }
        }
    }

    func testACalibratedSchedulerSaysTheSame() async throws {
        let prompts = try prompts(10)
        let sampling = try SamplingParameters(temperature: 0.8, seed: 6)
        let plain = try await generate(prompts, draftLength: 0, sampling: sampling, scheduler: scheduler())
        let scheduler = try scheduler()
        await scheduler.calibrate()
        let found = try await generate(prompts, draftLength: nil, sampling: sampling, scheduler: scheduler)
        XCTAssertEqual(found.generated.map(\.tokens), plain.generated.map(\.tokens))
    }

    func testBranchesThatSayTheSameCostTheRowsOfOne() async throws {
        let prompt = try prompts(2)[1]
        for draftLength in [0, 3] {
            var (rows, unshared): ([Int], [Int]) = ([], [])
            for count in [1, 8] {
                let scheduler = try scheduler()
                let start = try await scheduler.open(prompt)
                let requests = try (0..<count).map { slot in
                    try request(
                        start, draftLength: draftLength, branch: BranchKey.root.child(slot: slot, origin: .target))
                }
                let result = try await scheduler.generate(requests)
                XCTAssertEqual(Set(result.generated.map(\.tokens)).count, 1)
                rows.append(result.counters.targetRows)
                rows.append(result.counters.draftRows)
                unshared.append(result.counters.kvBytesUnshared)
                await scheduler.release(result.generated.map(\.node) + [start])
                let memory = await scheduler.memory
                XCTAssertEqual(memory.bytesInUse, 0)
            }
            XCTAssertEqual(rows[0], rows[2])
            XCTAssertEqual(rows[1], rows[3])
            XCTAssertGreaterThanOrEqual(unshared[1], 8 * unshared[0], "what it would be without sharing")
        }
    }

    func testCompanyAndBatchLimitsChangeNothing() async throws {
        let prompts = try prompts(20)
        let sampling = try SamplingParameters(temperature: 1, topK: 40, topP: 0.95, minP: 0.01, seed: 3)
        let together = try await generate(prompts, draftLength: 0, sampling: sampling, scheduler: scheduler())
        let narrow = try await generate(
            prompts, draftLength: 3, sampling: sampling, scheduler: scheduler(rowsPerPass: 16))
        XCTAssertEqual(together.generated.map(\.tokens), narrow.generated.map(\.tokens))
        for (number, prompt) in prompts.enumerated() {
            let alone = try await generate([prompt], draftLength: 2, sampling: sampling, scheduler: scheduler())
            XCTAssertEqual(alone.generated[0].tokens, together.generated[number].tokens)
        }
    }

    func testOneThreadAndTwoGiveTheSameTokens() async throws {
        let prompts = try prompts(10)
        let sampling = try SamplingParameters(temperature: 0.9, seed: 11)
        let one = try await generate(
            prompts, draftLength: 4, sampling: sampling, scheduler: scheduler(thread: ComputeThread(threads: 1)))
        let two = try await generate(prompts, draftLength: 4, sampling: sampling, scheduler: scheduler())
        XCTAssertEqual(one.generated.map(\.tokens), two.generated.map(\.tokens))
    }

    func testForkedBranchesMatchFreshPrompts() async throws {
        let scheduler = try scheduler()
        let prompt = try prompts(1)[0]
        let sampling = try SamplingParameters(temperature: 1, seed: 1)
        let start = try await scheduler.open(prompt)
        let branches = (0..<6).map { BranchKey.root.child(slot: $0, origin: .target) }
        let first = try await scheduler.generate(
            branches.map { try request(start, sampling: sampling, branch: $0, maxTokens: 20) })
        XCTAssertGreaterThan(Set(first.generated.map(\.tokens)).count, 1, "branches draw noise of their own")
        for (branch, generated) in zip(branches, first.generated) {
            let grown = try await scheduler.generate([
                try request(generated.node, sampling: sampling, branch: branch, maxTokens: 20)
            ])
            let fresh = try self.scheduler()
            let again = try await fresh.generate([
                try request(
                    await fresh.open(prompt + generated.tokens), sampling: sampling, branch: branch, maxTokens: 20)
            ])
            XCTAssertEqual(grown.generated[0].tokens, again.generated[0].tokens)
            XCTAssertEqual(grown.generated[0].logProbabilities, again.generated[0].logProbabilities)
        }
    }

    func testAKnownPromptIsNotComputedAgain() async throws {
        let scheduler = try scheduler()
        let prompt = try prompts(1)[0]
        let first = try await scheduler.open(prompt)
        let counters = try await scheduler.generate([try request(first, maxTokens: 1)]).counters
        XCTAssertEqual(counters.targetRows, prompt.count)
        let second = try await scheduler.open(prompt)
        let again = try await scheduler.generate([try request(second, maxTokens: 1)]).counters
        XCTAssertEqual(again.targetRows, 1, "only the last row, for its output")
    }

    func testTwoClientsAtOnceGetWhatEachGetsAlone() async throws {
        let scheduler = try scheduler()
        let prompts = try prompts(8)
        let sampling = try SamplingParameters(temperature: 0.7, seed: 2)
        let alone = try await generate(prompts, draftLength: 0, sampling: sampling, scheduler: self.scheduler())
        let tokens = try await withThrowingTaskGroup(of: (Int, [Int32]).self) { group in
            for (number, prompt) in prompts.enumerated() {
                let start = try await scheduler.open(prompt)
                let request = try request(start, draftLength: number % 3, sampling: sampling)
                group.addTask { (number, try await scheduler.generate([request]).generated[0].tokens) }
            }
            return try await group.reduce(into: [Int: [Int32]]()) { $0[$1.0] = $1.1 }
        }
        for (number, generated) in alone.generated.enumerated() { XCTAssertEqual(tokens[number], generated.tokens) }
    }

    func testNobodyWaitsForAnothersLongPrompt() async throws {
        for rowsPerPass in [16, 32] { try await checkWaits(try scheduler(rowsPerPass: rowsPerPass)) }
    }

    private func checkWaits(_ scheduler: Scheduler) async throws {
        let shorts = try prompts(15)
        let long = Array(repeating: try prompts(1)[0], count: 40).joined().prefix(900)
        let waits = try await withThrowingTaskGroup(of: Int.self) { group in
            for (number, prompt) in ([Array(long)] + shorts).enumerated() {
                let start = try await scheduler.open(prompt)
                let request = try request(start, draftLength: number % 3, maxTokens: 60)
                group.addTask { try await scheduler.generate([request]).counters.longestWait }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        XCTAssertEqual(waits.count, 16)
        XCTAssertLessThanOrEqual(waits.max() ?? 0, 2, "\(waits)")
    }

    func testCancellationFreesEveryPage() async throws {
        let scheduler = try scheduler()
        let start = try await scheduler.open(try prompts(1)[0])
        let endless = GenerationRequest(
            start: start, sampling: try SamplingParameters(temperature: 1),
            stop: StopRule(endTokens: [], maxTokens: 900))
        let task = Task { try await scheduler.generate([endless, endless, endless]) }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        do {
            _ = try await task.value
            XCTFail("a cancelled generation gives no result")
        } catch { XCTAssertEqual(error as? DecodingError, .cancelled) }
        await scheduler.release([start])
        let memory = await scheduler.memory
        XCTAssertEqual(memory.bytesInUse, 0)
    }

    func testBranchesWaitForMemoryAndSayTheSame() async throws {
        let layouts = try [Self.target, Self.draft].map { try $0.get().configuration.pageLayout().bytesPerPage }
        let prompts = try prompts(24)
        let sampling = try SamplingParameters(temperature: 0.8, seed: 9)
        for draftLength in [0, 4] {
            let full = try await generate(
                prompts, draftLength: draftLength, sampling: sampling, scheduler: scheduler())
            XCTAssertEqual(full.counters.rowsRecomputed, 0)
            // Room for one path of about a hundred tokens, and for about four.
            for paths in [1, 4] {
                let scheduler = try scheduler(cacheBytes: 8 * paths * (layouts[0] + (draftLength > 0 ? layouts[1] : 0)))
                let scarce = try await generate(
                    prompts, draftLength: draftLength, sampling: sampling, scheduler: scheduler)
                XCTAssertEqual(scarce.generated.map(\.tokens), full.generated.map(\.tokens))
                XCTAssertEqual(scarce.generated.map(\.logProbabilities), full.generated.map(\.logProbabilities))
                XCTAssertGreaterThan(scarce.counters.targetPasses, full.counters.targetPasses)
                XCTAssertGreaterThan(scarce.counters.rowsRecomputed, 0)
                XCTAssertLessThan(scarce.counters.targetRows, 2 * full.counters.targetRows, "it thrashes")
            }
        }
    }

    func testProposalsTakeNoMemoryThatTheTextDoesNotNeed() async throws {
        let bytesPerPage = try Self.target.get().configuration.pageLayout().bytesPerPage
        // Sixteen tokens have to be computed, one page; with all proposals it would be more.
        let prompt: [Int32] = [5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6]
        var texts: [[Int32]] = []
        for (draftLength, pages) in [(0, 100), (0, 1), (15, 1), (15, 100)] {
            let scheduler = try scheduler(cacheBytes: pages * bytesPerPage)
            let start = try await scheduler.open(prompt)
            let request = GenerationRequest(
                start: start, draftLength: draftLength, drafters: [.ngrams], sampling: .greedy,
                stop: StopRule(endTokens: [], maxTokens: 5))
            let result = try await scheduler.generate([request])
            texts.append(result.generated[0].tokens)
            if pages > 1 { XCTAssertEqual(result.counters.ngramTokensDrafted > 0, draftLength > 0) }
        }
        XCTAssertEqual(Set(texts).count, 1)
        XCTAssertEqual(texts[0].count, 5)
    }

    func testAPathThatLosesWhatItHasAgainAndAgainIsHopeless() {
        var progress = Progress()
        for _ in 0..<100 {
            progress.begin(at: 20)
            progress.end(at: 30)
            progress.begin(at: 30)
            progress.end(at: 40)
            progress.reset()
        }
        XCTAssertFalse(progress.isHopeless)
        for _ in 0..<100 {
            progress.begin(at: 10)
            progress.end(at: 30)
        }
        XCTAssertTrue(progress.isHopeless)
        progress.reset()
        XCTAssertFalse(progress.isHopeless)
    }

    func testTooLittleMemoryIsAnErrorAndLeavesNothingBehind() async throws {
        let layout = try Self.target.get().configuration.pageLayout()
        let scheduler = try scheduler(cacheBytes: 4 * layout.bytesPerPage)
        let start = try await scheduler.open(Array(repeating: 20, count: 200))
        do {
            _ = try await scheduler.generate([try request(start)])
            XCTFail("four pages do not hold 200 tokens")
        } catch {
            guard case .memory = error as? DecodingError else { return XCTFail("\(error)") }
        }
        await scheduler.release([start])
        let memory = await scheduler.memory
        XCTAssertEqual(memory.bytesInUse, 0)
    }

    func testWrongPromptsAreRefused() async throws {
        let scheduler = try scheduler()
        let context = try Self.draft.get().configuration.contextLength
        for (prompt, expected) in [
            ([], DecodingError.emptyPrompt),
            ([3, 576], .unknownToken(id: 576, vocabularySize: 576)),
            ([-1], .unknownToken(id: -1, vocabularySize: 576)),
            (Array(repeating: 1, count: context), .contextTooLong(tokens: context, context: context)),
        ] as [([Int32], DecodingError)] {
            do {
                _ = try await scheduler.open(prompt)
                XCTFail("\(expected) is not noticed")
            } catch { XCTAssertEqual(error, expected) }
        }
    }

    func testAContextThatFillsUpEndsTheGeneration() async throws {
        let scheduler = try scheduler()
        let context = try Self.target.get().configuration.contextLength
        let start = try await scheduler.open(Array(repeating: 30, count: context - 5))
        let request = GenerationRequest(
            start: start, draftLength: 4, sampling: try SamplingParameters(temperature: 1),
            stop: StopRule(endTokens: [], maxTokens: 50))
        let generated = try await scheduler.generate([request]).generated[0]
        XCTAssertEqual(generated.tokens.count, 5)
        XCTAssertEqual(generated.end, .length)
    }

    func testTheSeparatorIsFoundInTheTextWhateverTokenHoldsIt() async throws {
        let scheduler = try scheduler()
        let tokenizer = try Self.tokenizer.get()
        let start = try await scheduler.open(tokenizer.encode("Q: Reach 24 from 4 6 7 8.\n"))
        let stop = StopRule(separator: Array("\n".utf8), endTokens: [0], maxTokens: 60)
        for writer in [Writer.target, .draft] {
            let result = try await scheduler.generate(
                (0..<8).map {
                    GenerationRequest(
                        start: start, writer: writer, sampling: try SamplingParameters(temperature: 0.8, seed: 4),
                        branch: BranchKey.root.child(slot: $0, origin: .draft), stop: stop)
                })
            for generated in result.generated where generated.end == .separator {
                let text = tokenizer.decode(generated.tokens)
                XCTAssertTrue(text.hasSuffix("\n"), text)
                XCTAssertFalse(text.dropLast().contains("\n"), text)
            }
            XCTAssertTrue(result.generated.contains { $0.end == .separator })
            XCTAssertEqual(writer == .draft ? result.counters.targetRows : result.counters.draftRows, 0)
        }
    }
}
