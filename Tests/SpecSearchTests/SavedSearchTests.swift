import CacheTree
import Compute
import Decoding
import JSON
import TestSupport
import XCTest

@testable import SpecSearch

/// Searches in files: whole, refused if they are not, and continued where they were.
final class SavedSearchTests: XCTestCase {
    private static let format = try? PromptFormat(
        prompt: "{question}", separator: "\n", answer: "The answer is {answer}.")

    /// A search of toy models after some steps.
    private func saved(
        _ strategy: SearchStrategy, _ policy: SpeculationPolicy, seed: Int, steps: Int
    ) throws -> (saved: SavedSearch, search: Search) {
        var parameters = SearchParameters()
        (parameters.width, parameters.depth, parameters.iterations) = (3, 5, 6)
        (parameters.thoughtBudget, parameters.timeBudget) = (seed % 2 == 0 ? 500 : nil, .milliseconds(2500))
        let options = SearchOptions(
            strategy: strategy, policy: policy, scoring: Scoring.allCases[seed % 3], parameters: parameters,
            sampling: try SamplingParameters(temperature: 0.7, topK: 5, presencePenalty: -0.5, seed: .max),
            draftLength: seed % 3 == 0 ? nil : seed % 16, drafters: seed % 2 == 0 ? [.model, .ngrams] : [],
            isSerial: seed % 5 == 0, memory: try memory())
        let origin = CacheOrigin(kernels: .baseline, mode: NumericMode(cache: .int8), models: [.max, 0])
        var saved = SavedSearch(question: "Q \"1\"\n", options: options, origin: origin, scorer: "toy")
        var search = try Search(options, format: try XCTUnwrap(Self.format))
        for _ in 0..<steps {
            guard let told = WordModels(seed: UInt64(seed)).answer(to: search) else { break }
            try search.tell(told)
            saved.told.append(told)
        }
        saved.costs = search.counters
        saved.duration = .milliseconds(1250)
        return (saved, search)
    }

    private func memory() throws -> SearchMemory {
        var memory = SearchMemory()
        memory.thresholds.update(depth: 1, targets: [0.5], candidates: [0.7])
        memory.thresholds.update(depth: 3, targets: [0.5], candidates: [0.7])
        memory.scores.add(0.3, depth: 2, weight: 33)
        return memory
    }

    func testMemoryIsWrittenAndRead() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("memory-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("memory.json").path
        let memory = try memory()
        try memory.write(to: path)
        XCTAssertEqual(try SearchMemory(contentsOf: path), memory)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for broken in [
            String(text.dropLast(3)), text.replacingOccurrences(of: "memory 1", with: "memory 9"),
            text.replacingOccurrences(of: "\"theta\":", with: "\"theta\":-"), "{}", "[]",
        ] {
            try broken.write(toFile: path, atomically: true, encoding: .utf8)
            XCTAssertThrowsError(try SearchMemory(contentsOf: path), broken) { XCTAssertTrue($0 is SavedSearchError) }
        }
        XCTAssertThrowsError(try SearchMemory(contentsOf: folder.path + "/none"))
        XCTAssertThrowsError(try memory.write(to: folder.path + "/none/memory.json"))
    }

    func testGoesOnWithTheSameTreeFromEveryStep() throws {
        let models = WordModels(seed: 0)
        for strategy in SearchStrategy.allCases {
            for policy in strategy.policies {
                for seed in 0..<8 {
                    let (saved, search) = try saved(strategy, policy, seed: seed, steps: seed * 2)
                    let read = try SavedSearch(JSONValue(parsing: saved.json.serialized()))
                    XCTAssertEqual(read, saved)
                    var restored = try read.restored(try XCTUnwrap(Self.format)).search
                    var going = search
                    XCTAssertEqual(restored.ask(), going.ask())
                    XCTAssertEqual(try models.run(&restored), try models.run(&going))
                    XCTAssertEqual(restored.tree, going.tree)
                    XCTAssertEqual(restored.memory, going.memory)
                }
            }
        }
    }

    func testFilesAreReadAsTheyWereWritten() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("search-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let saved = try saved(.beam, .selective, seed: 3, steps: 7).saved
        try saved.write(to: path)
        XCTAssertEqual(try SavedSearch(contentsOf: path), saved)
        XCTAssertThrowsError(try saved.write(to: "/nowhere/at/all.json")) {
            guard case .unwritable? = $0 as? SavedSearchError else { return XCTFail("\($0)") }
        }
        XCTAssertThrowsError(try SavedSearch(contentsOf: "/nowhere/at/all.json")) {
            guard case .unreadable? = $0 as? SavedSearchError else { return XCTFail("\($0)") }
        }
    }

    func testWhatDoesNotHoldTogetherIsRefusedAtItsStep() throws {
        var saved = try saved(.beam, .paper, seed: 1, steps: 6).saved
        let told = saved.told
        let broken: [(Int, [Told])] = [
            (1, [.scores([0.5])]), (1, [.written([])]), (3, Array(told[..<2]) + [told[0]]),
            (2, [told[0], .scores([.nan, 2, 2])]), (2, [told[0], .checks([])]),
        ]
        for (step, told) in broken {
            saved.told = told
            XCTAssertThrowsError(try saved.restored(try XCTUnwrap(Self.format))) {
                guard case .inconsistent(step, _)? = $0 as? SavedSearchError else { return XCTFail("\(step): \($0)") }
            }
        }
    }

    func testMembersOfAnotherKindAreRefusedByName() throws {
        let json = try saved(.beam, .selective, seed: 3, steps: 9).saved.json
        let nonsense: [JSONValue] = [.null, .bool(true), -1, 0.5, 1e300, "x", [], [[]], [[[]]], [["a": 1]], ["a": 1]]
        for (path, value) in members(of: json) {
            for other in nonsense where kind(other) != kind(value) {
                let changed = replacing(path[...], in: json, with: other)
                do {
                    // What is read all the same must at least not be taken for something else.
                    let read = try SavedSearch(changed)
                    _ = try? read.restored(try XCTUnwrap(Self.format))
                } catch {
                    XCTAssertFalse("\(error)".isEmpty)
                }
            }
        }
        for name in ["format", "question", "origin", "scorer", "told", "counters"] {
            XCTAssertThrowsError(try SavedSearch(replacing([name][...], in: json, with: .null))) {
                guard case .invalidMember(name, _, _)? = $0 as? SavedSearchError else {
                    return XCTFail("\(name): \($0)")
                }
            }
        }
        XCTAssertThrowsError(try SavedSearch(["format": "specsearch search 2"]))
        XCTAssertThrowsError(try SavedSearch(replacing(["other"][...], in: json, with: 1)))
    }

    // MARK: JSON

    private func kind(_ value: JSONValue) -> String { value.double == nil ? value.kind : "number" }

    /// The paths of names to all members of objects within objects.
    private func members(of json: JSONValue) -> [([String], JSONValue)] {
        (json.object?.members ?? []).flatMap { member in
            [([member.name], member.value)] + members(of: member.value).map { ([member.name] + $0.0, $0.1) }
        }
    }

    private func replacing(_ path: ArraySlice<String>, in json: JSONValue, with value: JSONValue) -> JSONValue {
        guard let name = path.first, var object = json.object else { return value }
        object.set(name, replacing(path.dropFirst(), in: json[name] ?? .null, with: value))
        return .object(object)
    }
}

extension ToyModels {
    /// What these models say to a search; nil if it has ended.
    fileprivate func answer(to search: Search) -> Told? {
        switch search.ask() {
        case .write(let requests): .written(requests.map { written(for: $0, in: search) })
        case .score(let thoughts): .scores(thoughts.map { score(search.tree.text(of: $0)) })
        case .check(let thoughts): .checks(thoughts.map { check(search.tree.text(of: $0)) })
        case .finished: nil
        }
    }
}
