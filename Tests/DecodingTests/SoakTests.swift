import CacheTree
import Compute
import Foundation
import TestSupport
import Tokenization
import Transformer
import XCTest

@testable import Decoding

/// Clients that come and go, fork, cancel and take memory from each other: at the end everything is free again.
///
/// `SPECSEARCH_SOAK_SECONDS` sets for how long.
final class SoakTests: XCTestCase {
    private static let clients = 6
    /// What an allocator keeps may grow by so much after the first fifth of the time.
    private static let growthLimit = 24 << 20

    func testEverythingIsFreeAfterMixedForksCancelsAndEvictions() async throws {
        let seconds = ProcessInfo.processInfo.environment["SPECSEARCH_SOAK_SECONDS"].flatMap { Double($0) } ?? 2
        let model = try LanguageModel(contentsOf: TinyModels.bundled("qwen/target"))
        let draft = try LanguageModel(contentsOf: TinyModels.bundled("qwen/draft"))
        let pages = model.configuration.pageLayout().bytesPerPage + draft.configuration.pageLayout().bytesPerPage
        let scheduler = try Scheduler(
            target: model, draft: draft, tokenizer: try Tokenizer(contentsOf: TinyModels.bundled("qwen/target")),
            thread: ComputeThread(threads: 2), limits: .init(rowsPerPass: 64, cacheBytes: 40 * pages))
        let clock = ContinuousClock()
        let start = clock.now
        let clients = (0..<Self.clients).map { SoakClient(scheduler, seed: UInt64($0)) }
        async let early = SoakTests.residentBytes(after: seconds / 5)
        let counts = try await withThrowingTaskGroup(of: SoakCounts.self) { group in
            for client in clients {
                group.addTask {
                    var counts = SoakCounts()
                    while clock.now - start < .seconds(seconds) { counts += try await client.run() }
                    return counts
                }
            }
            return try await group.reduce(into: SoakCounts()) { $0 += $1 }
        }
        // A cancelled request is answered at once and cleared away in the step after.
        for _ in 0..<100 where await scheduler.nodeCount > 1 { try await Task.sleep(for: .milliseconds(5)) }
        let (nodes, violation, memory) = (
            await scheduler.nodeCount, await scheduler.violation, await scheduler.memory
        )
        XCTAssertEqual(nodes, 1)
        XCTAssertNil(violation)
        XCTAssertEqual(memory.bytesInUse, 0)
        print("\(counts), \(memory.pagesEvicted) pages evicted")
        for count in [counts.finished, counts.cancelled, memory.pagesEvicted] { XCTAssertGreaterThan(count, 0) }
        let growth = await SoakTests.residentBytes(after: 0) - early
        print("resident memory grew by \(growth >> 10) KB in the last four fifths of \(seconds) s")
        XCTAssertLessThan(growth, Self.growthLimit)
    }

    private static func residentBytes(after seconds: Double) async -> Int {
        try? await Task.sleep(for: .seconds(seconds))
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return (fields.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * 4096
    }
}

/// How requests have ended.
private struct SoakCounts: CustomStringConvertible {
    var finished = 0
    var cancelled = 0
    var withoutMemory = 0

    static func += (left: inout SoakCounts, right: SoakCounts) {
        left.finished += right.finished
        left.cancelled += right.cancelled
        left.withoutMemory += right.withoutMemory
    }

    var description: String { "\(finished) requests finished, \(cancelled) cancelled, \(withoutMemory) without memory" }
}

/// Somebody who asks again and again.
private actor SoakClient {
    private let scheduler: Scheduler
    private var random: SeededRandom

    init(_ scheduler: Scheduler, seed: UInt64) {
        self.scheduler = scheduler
        random = SeededRandom(seed: seed)
    }

    /// Opens a prompt, which others may know, and continues it by several branches in one or two levels.
    func run() async throws -> SoakCounts {
        let length = Int32.random(in: 1...90, using: &random)
        let prompt = (0..<length).map { place -> Int32 in (place * 7 + place / 20) % 90 }
        let start = try await scheduler.open(prompt)
        var (counts, held) = (SoakCounts(), [start])
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            guard let from = held.randomElement(using: &random) else { break }
            let requests = try (0..<Int.random(in: 1...5, using: &random)).map { try request(from: from, slot: $0) }
            let patience = Bool.random(using: &random) ? nil : Double.random(in: 0...0.01, using: &random)
            do throws(DecodingError) {
                held += try await generate(requests, patience: patience)
                counts.finished += 1
            } catch {
                switch error {
                case .cancelled: counts.cancelled += 1
                case .memory: counts.withoutMemory += 1
                default: XCTFail("\(error)")
                }
            }
        }
        await scheduler.release(held)
        return counts
    }

    private func request(from start: NodeID, slot: Int) throws -> GenerationRequest {
        GenerationRequest(
            start: start, writer: Int.random(in: 0..<5, using: &random) == 0 ? .draft : .target,
            draftLength: [0, 2, 5, nil].randomElement(using: &random) ?? nil,
            draftWidth: Int.random(in: 1...3, using: &random),
            drafters: [[.model], [.ngrams], [.model, .ngrams]].randomElement(using: &random) ?? [],
            acceptance: Bool.random(using: &random) ? .invariant : .ratio,
            sampling: try SamplingParameters(temperature: 1, seed: random.next()),
            branch: BranchKey.root.child(slot: slot, origin: .target),
            stop: StopRule(endTokens: [], maxTokens: Int.random(in: 1...60, using: &random)))
    }

    /// Generates, or gives up when the patience is at its end.
    private func generate(
        _ requests: [GenerationRequest], patience: Double?
    ) async throws(DecodingError) -> [NodeID] {
        let scheduler = scheduler
        let task = Task { () -> Result<[NodeID], DecodingError> in
            do throws(DecodingError) {
                return .success(try await scheduler.generate(requests).generated.map(\.node))
            } catch { return .failure(error) }
        }
        if let patience {
            try? await Task.sleep(for: .seconds(patience))
            task.cancel()
        }
        return try await task.value.get()
    }
}

extension Scheduler {
    fileprivate var nodeCount: Int { tree.nodeCount }
    fileprivate var violation: String? { tree.checkInvariants() }
}
