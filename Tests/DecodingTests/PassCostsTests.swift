import CacheTree
import Compute
import Foundation
import TestSupport
import Transformer
import XCTest

@testable import Decoding

/// t(n): measured, interpolated and remembered.
final class PassCostsTests: XCTestCase {
    private let costs = PassCosts(passes: [1, 1.5, 1.25, 2, 3, 6, 12])

    private func withFile(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("costs-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.appendingPathComponent("pass-costs.json").path)
    }

    func testWhatIsMuchTooSlowIsMeasuredAgain() async throws {
        let model = try LanguageModel(contentsOf: TinyModels.folder("qwen3-single"))
        try await withFile { path in
            let cache = PassCostCache(path: path)
            let scheduler = try Scheduler(target: model, tokenizer: nil, thread: ComputeThread(threads: 1))
            let name = PassCosts.name(of: model, scheduler.thread.arithmetic)
            for passes in [[1, 1, 1, 1, 1, 1, 1], [1e-9, 1e-9, 1e-9, 1, 1, 1, 1]] {
                cache.remember(PassCosts(passes: passes), name)
                await scheduler.calibrate(cache)
                XCTAssertLessThan(try XCTUnwrap(cache.costs(name)).seconds(rows: 8), 0.5, "\(passes)")
            }
            // Whoever is slower now may only be busy.
            let quick = PassCosts(passes: (1...7).map { Double($0) * 1e-9 })
            cache.remember(quick, name)
            await scheduler.calibrate(cache)
            XCTAssertEqual(cache.costs(name), quick)
        }
    }

    func testTimesRiseWithRowsAndAreInterpolated() {
        let found = [0, 1, 2, 3, 4, 6, 8, 32, 48, 64, 96].map { costs.seconds(rows: $0) }
        XCTAssertEqual(found, [0, 1, 1.5, 1.5, 1.5, 1.75, 2, 6, 9, 12, 18])
    }

    func testModelsAreMeasuredOnce() async throws {
        let model = try LanguageModel(contentsOf: TinyModels.folder("qwen3-single"))
        try await withFile { path in
            let cache = PassCostCache(path: path)
            let thread = ComputeThread(threads: 2)
            let scheduler = try Scheduler(target: model, draft: model, tokenizer: nil, thread: thread)
            await scheduler.calibrate(cache)
            let costs = try XCTUnwrap(cache.costs(PassCosts.name(of: model, thread.arithmetic)))
            XCTAssertLessThan(costs.seconds(rows: 64), 10)
            let budget = await scheduler.budget
            XCTAssertEqual(budget?.target, costs)
            XCTAssertEqual(budget?.draft, costs)
            let memory = await scheduler.memory
            XCTAssertEqual(memory.bytesInUse, 0)
            let other = try Scheduler(target: model, tokenizer: nil, thread: thread)
            await other.calibrate(cache)
            let known = await other.budget
            XCTAssertEqual(known?.target, costs)
            XCTAssertNil(known?.draft)
        }
    }

    func testWhatPassesTakeInUseIsLearned() {
        var learned = costs
        XCTAssertEqual(learned.seconds(rows: 0), 0)
        for rows in [1, 8, 16, 64] {
            for _ in 0..<200 { learned.note(pass: 1.5 * costs.seconds(rows: rows), besides: 0.5, rows: rows) }
            XCTAssertEqual(learned.seconds(rows: 16), 1.5 * 3 + 0.5, accuracy: 1e-3)
        }
        learned.note(pass: 1000, besides: 1000, rows: 1)
        XCTAssertLessThan(learned.seconds(rows: 1), 3, "somebody else took the processor")
        let known = learned
        learned.note(pass: 1000, besides: 0, rows: 65)
        learned.note(pass: 1000, besides: 0, rows: 0)
        XCTAssertEqual(learned, known, "nothing is known of such passes")
    }

    func testCostsAreRememberedUnderTheirNames() async throws {
        try await withFile { path in
            let cache = PassCostCache(path: path)
            XCTAssertNil(cache.costs("a"))
            cache.remember(costs, "a")
            cache.remember(PassCosts(passes: [1, 2, 3, 4, 5, 6, 7]), "b \"quoted\"")
            XCTAssertEqual(cache.costs("a"), costs)
            XCTAssertEqual(cache.costs("b \"quoted\"")?.passes, [1, 2, 3, 4, 5, 6, 7])
            XCTAssertNil(cache.costs("c"))
        }
    }

    func testNonsenseIsMeasuredAgain() async throws {
        try await withFile { path in
            let cache = PassCostCache(path: path)
            let format = #""format": "specsearch-pass-costs-4""#
            for text in [
                "", "{", "[]", #"{"seconds": {"a": [1,2,3,4,5,6,7]}}"#, #"{\#(format)}"#,
                #"{\#(format), "seconds": 3}"#,
                #"{"format": "specsearch-pass-costs-2", "seconds": {"a": [1,2,3,4,5,6,7]}}"#,
                #"{\#(format), "seconds": {"a": {"passes": [1,2,3,4,5,6,7]}}}"#,
                #"{\#(format), "seconds": {"a": [1, 2]}}"#,
                #"{\#(format), "seconds": {"a": [0,1,2,3,4,5,6]}}"#,
                #"{\#(format), "seconds": {"a": [1,2,3,4,5,6,1e9]}}"#,
                #"{\#(format), "seconds": {"a": [1,2,3,4,5,6,"7"]}}"#,
            ] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                XCTAssertNil(cache.costs("a"), text)
                cache.remember(costs, "a")
                XCTAssertEqual(cache.costs("a"), costs, text)
            }
        }
        let nowhere = PassCostCache(path: "/nowhere/at/all.json")
        nowhere.remember(costs, "a")
        XCTAssertNil(nowhere.costs("a"))
    }

    func testNamesTellModelsAndArithmeticApart() throws {
        let models = try ["qwen3-single", "llama-sharded"].map {
            try LanguageModel(contentsOf: TinyModels.folder($0))
        }
        var names: [String] = []
        for model in models {
            for set in InstructionSet.supported {
                for threads in 1...2 {
                    for activations in ActivationPrecision.allCases {
                        let arithmetic = Arithmetic(
                            instructionSet: set, team: ThreadTeam(threads: threads),
                            mode: .init(activations: activations))
                        names.append(PassCosts.name(of: model, arithmetic))
                    }
                }
            }
        }
        XCTAssertEqual(Set(names).count, names.count)
    }
}
