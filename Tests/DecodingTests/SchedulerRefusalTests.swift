import CacheTree
import Decoding
import TestSupport
import Tokenization
import Transformer
import XCTest

/// Models that do not fit together, and memory that does not suffice.
final class SchedulerRefusalTests: XCTestCase {
    private let thread = ComputeThread(threads: 1)

    private func model(vocabularySize: Int, seed: UInt64) throws -> LanguageModel {
        let checkpoint = try TinyCheckpoint(
            width: 32, heads: 2, keyValueHeads: 1, headSize: 16, feedForwardWidth: 48,
            vocabularySize: vocabularySize, seed: seed)
        return try LanguageModel(contentsOf: checkpoint.folder)
    }

    private func generate(
        _ scheduler: Scheduler, _ prompt: [Int32], draftLength: Int, writer: Writer = .target
    ) async throws -> [Int32] {
        let start = try await scheduler.open(prompt)
        let request = GenerationRequest(
            start: start, writer: writer, draftLength: draftLength,
            sampling: try SamplingParameters(temperature: 1, seed: 3), stop: StopRule(endTokens: [], maxTokens: 40))
        let result = try await scheduler.generate([request])
        await scheduler.release([start, result.generated[0].node])
        return result.generated[0].tokens
    }

    func testADraftWithoutTheTargetsPaddingChangesNothing() async throws {
        let (target, draft) = (try model(vocabularySize: 200, seed: 1), try model(vocabularySize: 96, seed: 2))
        let scheduler = try Scheduler(target: target, draft: draft, tokenizer: nil, thread: thread)
        for prompt: [Int32] in [[5], [5, 199]] {
            let plain = try await generate(scheduler, prompt, draftLength: 0)
            XCTAssertTrue(plain.contains { $0 >= 96 }, "the target chooses what the draft does not have")
            let speculative = try await generate(scheduler, prompt, draftLength: 4)
            XCTAssertEqual(plain, speculative)
        }
        do {
            _ = try await generate(scheduler, [5, 199], draftLength: 0, writer: .draft)
            XCTFail("the draft cannot read token 199")
        } catch { XCTAssertEqual(error as? DecodingError, .unknownToDraft(vocabularySize: 96)) }
        let memory = await scheduler.memory
        XCTAssertEqual(memory.bytesInUse, 0)
    }

    func testADraftWithMoreTokensThanTheTargetChangesNothing() async throws {
        let (target, draft) = (try model(vocabularySize: 96, seed: 1), try model(vocabularySize: 200, seed: 2))
        let scheduler = try Scheduler(target: target, draft: draft, tokenizer: nil, thread: thread)
        let plain = try await generate(scheduler, [5], draftLength: 0)
        let speculative = try await generate(scheduler, [5], draftLength: 4)
        XCTAssertEqual(plain, speculative)
    }

    func testRewardModelsAndLargerTokenizersAreRefused() throws {
        let reward = try LanguageModel(contentsOf: TinyModels.folder(TinyModels.reward))
        XCTAssertThrowsError(try Scheduler(target: reward, tokenizer: nil, thread: thread)) {
            XCTAssertEqual($0 as? DecodingError, .notALanguageModel)
        }
        let small = try model(vocabularySize: 96, seed: 1)
        XCTAssertThrowsError(try Scheduler(target: small, draft: reward, tokenizer: nil, thread: thread)) {
            XCTAssertEqual($0 as? DecodingError, .notALanguageModel)
        }
        let tokenizer = try Tokenizer(contentsOf: TinyModels.bundled("qwen/target"))
        XCTAssertThrowsError(try Scheduler(target: small, tokenizer: tokenizer, thread: thread)) {
            XCTAssertEqual($0 as? DecodingError, .tokenizerTooLarge(tokens: 576, vocabularySize: 96))
        }
    }

    func testWithoutRoomForTheDraftsPagesThereAreNoProposals() async throws {
        let (target, draft) = (try model(vocabularySize: 96, seed: 1), try model(vocabularySize: 96, seed: 2))
        let page = target.configuration.pageLayout().bytesPerPage
        // The target needs four pages for 50 tokens.
        let scheduler = try Scheduler(
            target: target, draft: draft, tokenizer: nil, thread: thread, limits: .init(cacheBytes: 4 * page))
        let roomy = try Scheduler(target: target, draft: draft, tokenizer: nil, thread: thread)
        let plain = try await generate(roomy, Array(repeating: 7, count: 10), draftLength: 0)
        do {
            let tokens = try await generate(scheduler, Array(repeating: 7, count: 10), draftLength: 4)
            XCTAssertEqual(tokens, plain)
        } catch {
            // The draft's pages may leave the target too few: then that is said, and nothing is left behind.
            guard case .memory = error as? DecodingError else { return XCTFail("\(error)") }
        }
    }

    func testManyBranchesShareThePassFairly() async throws {
        let (target, draft) = (try model(vocabularySize: 96, seed: 1), try model(vocabularySize: 96, seed: 2))
        let scheduler = try Scheduler(
            target: target, draft: draft, tokenizer: nil, thread: thread, limits: .init(rowsPerPass: 16))
        let start = try await scheduler.open([1, 2, 3])
        let requests = try (0..<40).map { slot in
            GenerationRequest(
                start: start, draftLength: 4, sampling: try SamplingParameters(temperature: 1),
                branch: BranchKey.root.child(slot: slot, origin: .target), stop: StopRule(endTokens: [], maxTokens: 12))
        }
        let together = try await scheduler.generate(requests)
        XCTAssertLessThan(together.counters.tokensDrafted, 40, "a full pass has no row to spare for proposals")
        for request in requests.prefix(5) {
            let alone = try await scheduler.generate([request])
            XCTAssertEqual(
                alone.generated[0].tokens,
                together.generated[requests.firstIndex { $0.branch == request.branch }!].tokens)
        }
    }
}
