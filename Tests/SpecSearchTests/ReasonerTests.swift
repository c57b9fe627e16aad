import CacheTree
import Decoding
import Foundation
import JSON
import SpecSearch
import TestSupport
import Tokenization
import XCTest

/// Whole searches with the bundled models.
final class ReasonerTests: XCTestCase {
    private static let questions = [
        "Nora has 58 cookies. Nora buys 8 bags with 21 cookies each. Nora gives 43 cookies to a neighbour. "
            + "How many cookies does Nora have now?",
        "Reach 14 from 3 9 12 14.",
        "Reach 36 from 1 8 12 16.",
    ]

    private func reasoner(
        threads: Int = 2, rowsPerPass: Int = 256, cacheBytes: Int = 1 << 30, scorer: (any ThoughtScorer)? = nil
    ) async throws -> Reasoner {
        try await Reasoner(
            bundle: RepositoryRoot.path(of: "Weights/qwen"), scorer: scorer,
            configuration: .init(threads: threads, limits: .init(rowsPerPass: rowsPerPass, cacheBytes: cacheBytes)))
    }

    private func options(
        _ reasoner: Reasoner, _ policy: SpeculationPolicy, draftLength: Int = 4, seed: UInt64 = 1
    ) throws -> SearchOptions {
        let usual = reasoner.defaults
        return SearchOptions(
            policy: policy, parameters: usual.parameters,
            sampling: try SamplingParameters(temperature: usual.sampling.temperature, seed: seed),
            draftLength: draftLength)
    }

    func testTheSameSeedGivesTheSameTreeWhateverComputesIt() async throws {
        let usual = try await reasoner()
        let others = [
            try await reasoner(threads: 1), try await reasoner(rowsPerPass: 4), try await reasoner(rowsPerPass: 16),
            try await reasoner(rowsPerPass: 64),
        ]
        for policy in SpeculationPolicy.allCases {
            for question in Self.questions {
                let tree = try await usual.answer(question, options: options(usual, policy)).outcome.tree
                XCTAssertGreaterThan(tree.thoughts.count, 3)
                for draftLength in [0, 1, 15] {
                    let again = try await usual.answer(
                        question, options: options(usual, policy, draftLength: draftLength))
                    XCTAssertEqual(again.outcome.tree.fingerprint, tree.fingerprint, "\(policy), \(draftLength)")
                }
                for other in others {
                    let again = try await other.answer(question, options: options(other, policy))
                    XCTAssertEqual(again.outcome.tree, tree, "\(policy)")
                }
                var serial = try options(usual, policy)
                serial.isSerial = true
                let again = try await usual.answer(question, options: serial)
                XCTAssertEqual(again.outcome.tree, tree, "\(policy), one text after the other")
                var ahead = try options(usual, policy)
                ahead.draftsAhead = true
                let early = try await usual.answer(question, options: ahead)
                XCTAssertEqual(early.outcome.tree, tree, "\(policy), the next level drafted ahead")
                let memory = await usual.memory
                XCTAssertEqual(memory.bytesInUse, 0)
            }
        }
    }

    func testLosslessFindsTheTreeOfPlainWithFewerTargetPasses() async throws {
        let reasoner = try await reasoner()
        for question in Self.questions {
            let plain = try await reasoner.answer(question, options: options(reasoner, .plain)).outcome
            let lossless = try await reasoner.answer(question, options: options(reasoner, .lossless)).outcome
            XCTAssertEqual(plain.tree, lossless.tree)
            XCTAssertEqual(plain.counters.draftRows, 0)
            XCTAssertLessThan(lossless.counters.targetPasses, plain.counters.targetPasses)
        }
    }

    func testAQuarterOfTheMemoryFindsTheSameTreeAndSaysWhatItComputedAgain() async throws {
        let plenty = try await reasoner()
        for policy in SpeculationPolicy.allCases {
            // So wide and hot, and of questions with so many ways, that a quarter holds more than a single path, which is the least that any search needs.
            let options = SearchOptions(
                policy: policy, parameters: try SearchParameters(width: 16, beams: 4),
                sampling: try SamplingParameters(temperature: 1.5), draftLength: 4)
            for question in Self.questions.dropFirst() {
                let full = try await plenty.answer(question, options: options).outcome
                XCTAssertEqual(full.counters.rowsRecomputed, 0)
                let budget = full.counters.kvBytesPeak / 4
                let scarce = try await reasoner(cacheBytes: budget)
                let found = try await scarce.answer(question, options: options).outcome
                XCTAssertEqual(found.tree, full.tree, "\(policy)")
                XCTAssertGreaterThan(found.counters.rowsRecomputed, 0)
                XCTAssertLessThanOrEqual(found.counters.kvBytesPeak, budget)
            }
        }
    }

    func testEveryStrategyFindsTheSameTreeWhateverComputesItAndAfterABreak() async throws {
        let usual = try await reasoner()
        let others = [try await reasoner(threads: 1, rowsPerPass: 16), try await reasoner(rowsPerPass: 64)]
        for strategy in SearchStrategy.allCases {
            for policy in strategy.policies {
                var options = try options(usual, policy)
                options.strategy = strategy
                let whole = try await usual.answer(Self.questions[1], options: options).outcome
                for (number, other) in others.enumerated() {
                    let steps = 1 + number * 4
                    let saved = try await self.saved(
                        after: steps, usual.events(for: Self.questions[1], options: options))
                    var events = other.events(continuing: saved).makeAsyncIterator()
                    while try await events.next() != nil {}
                    let outcome = try XCTUnwrap(events.answer?.outcome)
                    XCTAssertEqual(outcome.tree, whole.tree, "\(strategy), \(policy), \(steps) steps")
                    XCTAssertEqual(outcome.answer, whole.answer)
                    XCTAssertEqual(outcome.counters.thoughtsDrafted, whole.counters.thoughtsDrafted)
                    XCTAssertGreaterThanOrEqual(outcome.counters.rewardRows, whole.counters.rewardRows)
                }
            }
        }
    }

    /// A search as it is after some steps.
    private func saved(after steps: Int, _ events: SearchEvents) async throws -> SavedSearch {
        var events = events.makeAsyncIterator()
        while try await events.next() != nil {
            let saved = await events.saved()
            if saved.steps >= steps { return saved }
        }
        return await events.saved()
    }

    func testSearchesGoOnOnlyWithTheModelsThatTheyBeganWith() async throws {
        let reasoner = try await reasoner()
        let saved = try await saved(after: 2, reasoner.events(for: Self.questions[1]))
        let other = try await Reasoner(bundle: RepositoryRoot.path(of: "Weights/llama"))
        let otherScorer = try await self.reasoner(scorer: LengthScorer())
        for reasoner in [other, otherScorer] {
            var events = reasoner.events(continuing: saved).makeAsyncIterator()
            do {
                _ = try await events.next()
                XCTFail("continued")
            } catch {
                guard case .saved(.otherOrigin) = error else { return XCTFail("\(error)") }
            }
        }
    }

    func testLikelihoodIsTheTargetsOwnWhoeverWrites() async throws {
        try await assertScoresAreTheTargetsOwn(.likelihood) { exp($0.meanLogProbability) }
    }

    func testSelfCertaintyIsTheTargetsOwnWhoeverWrites() async throws {
        try await assertScoresAreTheTargetsOwn(.selfCertainty) { $0.selfCertainty ?? .nan }
    }

    /// The same text behind the same path has the same score whoever wrote it, and what the target wrote has what it noted.
    private func assertScoresAreTheTargetsOwn(_ scoring: Scoring, noted: (Thought) -> Float) async throws {
        let reasoner = try await reasoner()
        var compared = 0
        for question in Self.questions {
            // Scores by the text of the path, of what the target wrote alone and of what the draft wrote.
            var scores: [String: Float] = [:]
            for policy in [SpeculationPolicy.plain, .paper, .selective] {
                var options = try options(reasoner, policy)
                options.scoring = scoring
                let outcome = try await reasoner.answer(question, options: options).outcome
                XCTAssertEqual(outcome.counters.rewardRows, 0)
                for thought in outcome.tree.thoughts {
                    let (score, text) = (try XCTUnwrap(thought.score), outcome.tree.text(of: thought.id))
                    if thought.origin == .target {
                        XCTAssertEqual(score, noted(thought), accuracy: 1e-6)
                        XCTAssertTrue(0 < score && score < 1)
                    }
                    if policy == .plain {
                        scores[text] = score
                    } else if thought.origin == .draft, let own = scores[text] {
                        XCTAssertEqual(score, own, accuracy: 1e-6)
                        compared += 1
                    }
                }
            }
        }
        XCTAssertGreaterThan(compared, 0, "no draft's score is compared with the target's own")
    }

    func testTimeBudgetEndsTheSearchWithTheBestPathSoFar() async throws {
        let reasoner = try await reasoner()
        var options = try options(reasoner, .plain)
        (options.parameters.width, options.parameters.beams) = (256, 32)
        // So hot that thoughts differ: those that say the same would cost next to nothing.
        options.sampling = try SamplingParameters(temperature: 2)
        options.parameters.timeBudget = .milliseconds(60)
        let answer = try await reasoner.answer(Self.questions[1], options: options)
        XCTAssertEqual(answer.outcome.reason, .time)
        XCTAssertTrue(answer.outcome.tree.thoughts.allSatisfy { $0.state != .open })
    }

    func testAnotherSeedGivesAnotherTree() async throws {
        let reasoner = try await reasoner()
        let one = try await reasoner.answer(Self.questions[1], options: options(reasoner, .plain, seed: 1))
        let two = try await reasoner.answer(Self.questions[1], options: options(reasoner, .plain, seed: 2))
        XCTAssertNotEqual(one.outcome.tree.fingerprint, two.outcome.tree.fingerprint)
    }

    func testSearchesAtTheSameTimeFindWhatEachFindsAlone() async throws {
        let reasoner = try await reasoner()
        var alone: [ThoughtTree] = []
        for question in Self.questions {
            alone.append(try await reasoner.answer(question, options: options(reasoner, .paper)).outcome.tree)
        }
        let together = try await withThrowingTaskGroup(of: (Int, ThoughtTree).self) { group in
            for (number, question) in Self.questions.enumerated() {
                let options = try options(reasoner, .paper)
                group.addTask { (number, try await reasoner.answer(question, options: options).outcome.tree) }
            }
            return try await group.reduce(into: [Int: ThoughtTree]()) { $0[$1.0] = $1.1 }
        }
        for (number, tree) in alone.enumerated() { XCTAssertEqual(together[number], tree) }
    }

    func testTheRewardModelReadsEachDistinctThoughtOnce() async throws {
        let reasoner = try await reasoner()
        let tokenizer = try BundledTokenizer()
        for question in Self.questions {
            let outcome = try await reasoner.answer(question, options: options(reasoner, .paper)).outcome
            // The question once, and for each distinct thought its tokens and the step token.
            var expected = tokenizer.count("Q: " + question + "\n")
            var paths: Set<String> = []
            for thought in outcome.tree.thoughts where paths.insert(outcome.tree.text(of: thought.id)).inserted {
                expected += tokenizer.count(thought.text) + 1
            }
            XCTAssertEqual(outcome.counters.rewardRows, expected)
        }
    }

    func testAThoughtsScoreDependsOnItsPathsTextAlone() async throws {
        let reasoner = try await reasoner()
        for seed in 1...6 {
            for question in Self.questions {
                var scores: [String: Float] = [:]
                for policy in [SpeculationPolicy.plain, .paper] {
                    let options = try options(reasoner, policy, seed: UInt64(seed))
                    let tree = try await reasoner.answer(question, options: options).outcome.tree
                    for thought in tree.thoughts {
                        let path = tree.text(of: thought.id)
                        let score = try XCTUnwrap(thought.score)
                        XCTAssertEqual(scores.updateValue(score, forKey: path) ?? score, score, path)
                    }
                }
            }
        }
    }

    func testEventsTellTheWholeTree() async throws {
        let reasoner = try await reasoner()
        let options = try options(reasoner, .paper)
        var iterator = reasoner.events(for: Self.questions[1], options: options).makeAsyncIterator()
        var texts: [String] = []
        var outcome: SearchOutcome?
        while let event = try await iterator.next() {
            switch event {
            case .proposed(let thought), .corrected(let thought): texts.append(thought.text)
            case .finished(let found): outcome = found
            default: break
            }
        }
        let answer = try XCTUnwrap(iterator.answer)
        XCTAssertEqual(texts, answer.outcome.tree.thoughts.map(\.text))
        XCTAssertEqual(outcome?.tree, answer.outcome.tree)
        XCTAssertFalse(answer.outcome.tree.thoughts.contains { $0.state == .open })
    }

    func testAScorerOfOnesOwnTakesTheRewardModelsPlace() async throws {
        let reasoner = try await reasoner(scorer: LengthScorer())
        let answer = try await reasoner.answer(Self.questions[1], options: options(reasoner, .plain))
        for thought in answer.outcome.tree.thoughts {
            XCTAssertEqual(thought.score, LengthScorer.score(thought.text))
        }
        XCTAssertEqual(answer.outcome.counters.rewardRows, 0)
    }

    func testScorersThatFailOrLieAreErrors() async throws {
        let failing = try await reasoner(scorer: LengthScorer(failure: true))
        do {
            _ = try await failing.answer(Self.questions[1])
            XCTFail("the scorer's error is lost")
        } catch {
            guard case .scorer(let inner) = error, inner is LengthScorer.Failure else { return XCTFail("\(error)") }
        }
    }

    func testASearchHasEndedAfterAnError() async throws {
        let failing = try await reasoner(scorer: LengthScorer(failure: true))
        var iterator = failing.events(for: Self.questions[1]).makeAsyncIterator()
        var errors = 0
        for _ in 0..<20 {
            do { if try await iterator.next() == nil { break } } catch { errors += 1 }
        }
        XCTAssertEqual(errors, 1)
        XCTAssertNil(iterator.answer)
    }

    func testACancelledSearchEnds() async throws {
        let (models, question) = (try await reasoner(), Self.questions[0])
        let task = Task<Answer, any Error> { try await models.answer(question) }
        task.cancel()
        let result = await task.result
        guard case .failure(let error) = result, case .generation(.cancelled)? = error as? ReasonerError else {
            return XCTFail("a cancelled search gives no answer")
        }
    }

    func testCancellingStopsWithThePassInProgressAndFreesAllPages() async throws {
        for policy in SpeculationPolicy.allCases {
            let (clock, trace) = (ContinuousClock(), Trace())
            let begin = clock.now
            let reasoner = try await Reasoner(
                bundle: RepositoryRoot.path(of: "Weights/qwen"),
                configuration: .init(trace: trace))
            var options = try options(reasoner, policy)
            (options.parameters.width, options.parameters.beams) = (256, 32)
            options.sampling = try SamplingParameters(temperature: 2)
            let (question, wide) = (Self.questions[1], options)
            let task = Task<Answer, any Error> { try await reasoner.answer(question, options: wide) }
            try await Task.sleep(for: .milliseconds(30))
            task.cancel()
            let cancelled = (clock.now - begin) / .microseconds(1)
            guard case .failure = await task.result else { return XCTFail("\(policy): the search was too short") }
            let events = try XCTUnwrap(trace.json["traceEvents"]?.array)
            let late = events.filter { $0["ts"]?.double ?? 0 > cancelled && ["target", "reward"].contains($0["name"]) }
            XCTAssertLessThanOrEqual(late.count, 1, "\(policy)")
            let memory = await reasoner.memory
            XCTAssertEqual(memory.bytesInUse, 0, "\(policy)")
        }
    }

    func testAnEmptyQuestionIsRefused() async throws {
        let reasoner = try await reasoner()
        for question in ["", "  \n\t "] {
            do {
                _ = try await reasoner.answer(question)
                XCTFail("an empty question is answered")
            } catch {
                guard case .search(.emptyQuestion) = error else { return XCTFail("\(error)") }
            }
        }
    }
}

/// Counts tokens as the bundled models' tokenizer does.
private struct BundledTokenizer {
    private let tokenizer: Tokenizer

    init() throws { tokenizer = try Tokenizer(contentsOf: TinyModels.bundled("qwen/reward")) }

    func count(_ text: String) -> Int { tokenizer.encode(text, addsPrefix: false).count }
}

/// Prefers short thoughts.
private struct LengthScorer: ThoughtScorer, ScoringSession {
    struct Failure: Error {}
    var failure = false

    static func score(_ text: String) -> Float { 1 / Float(1 + text.utf8.count) }

    func begin(question: String) async throws -> any ScoringSession { self }

    func scores(for thoughts: [Thought.ID], in tree: ThoughtTree) async throws -> [Float] {
        if failure { throw Failure() }
        return thoughts.map { Self.score(tree[$0].text) }
    }
}
