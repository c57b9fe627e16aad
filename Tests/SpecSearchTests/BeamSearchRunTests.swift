import SpecSearch
import TestSupport
import XCTest

/// Whole searches with toy models.
final class BeamSearchRunTests: XCTestCase {
    private func search(_ policy: SpeculationPolicy, _ parameters: SearchParameters) throws -> Search {
        let format = try PromptFormat(prompt: "{question}", separator: "\n", answer: "The answer is {answer}.")
        return try Search(policy: policy, parameters: parameters, format: format)
    }

    private func outcome(_ search: Search) throws -> SearchOutcome {
        let outcome: SearchOutcome? = if case .finished(let outcome) = search.ask() { outcome } else { nil }
        return try XCTUnwrap(outcome)
    }

    /// The levels of a search, from its events.
    private func levels(_ events: [SearchEvent], _ tree: ThoughtTree) -> [ReferenceSearch.Level] {
        var levels: [ReferenceSearch.Level] = []
        var threshold: Double?
        for case .levelFinished(let depth, let next) in events {
            let children = tree.thoughts.filter { $0.depth == depth && $0.state != .rejected }
            let beams = Dictionary(grouping: children, by: \.parent).sorted { ($0.key ?? -1) < ($1.key ?? -1) }
            levels.append(
                .init(
                    threshold: threshold,
                    beams: beams.map { $0.value.compactMap { child(of: tree, $0) } }))
            threshold = next
        }
        return levels
    }

    private func child(of tree: ThoughtTree, _ thought: Thought) -> ReferenceSearch.Child? {
        thought.score.map {
            .init(text: tree.text(of: thought.id), origin: thought.origin, score: $0, isFinal: thought.isFinal)
        }
    }

    func testDecidesLikeAPlainSecondImplementation() throws {
        var reasons: Set<SearchOutcome.Reason> = []
        for seed in 0..<400 {
            let models = WordModels(seed: UInt64(seed))
            let parameters = try SearchParameters(
                width: 1 + seed % 5, beams: 1 + seed % 3, depth: 1 + seed % 7, theta: [0, 0.5, 0.9, 1][seed % 4])
            let policy: SpeculationPolicy = seed % 5 == 0 ? .plain : .paper
            var search = try search(policy, parameters)
            let events = try models.run(&search)
            let expected = ReferenceSearch(models: models, parameters: parameters, policy: policy).run()
            let found = levels(events, search.tree)
            XCTAssertEqual(found.map(\.threshold), expected.levels.map(\.threshold), "seed \(seed)")
            XCTAssertEqual(
                found.map { Set($0.children) }, expected.levels.map { Set($0.children) }, "seed \(seed)")
            XCTAssertEqual(found.map(\.children.count), expected.levels.map(\.children.count), "seed \(seed)")
            XCTAssertEqual(try outcome(search).text, expected.text, "seed \(seed)")
            reasons.insert(try outcome(search).reason)
        }
        XCTAssertEqual(reasons, [.answered, .depth, .exhausted])
    }

    func testFaultsOfTheSecondImplementationAreSeen() throws {
        for fault in ReferenceSearch.Fault.allCases {
            let differences = try (0..<40).filter { seed in
                let models = WordModels(seed: UInt64(seed))
                let parameters = try SearchParameters(width: 3, depth: 5)
                var search = try search(.paper, parameters)
                let found = levels(try models.run(&search), search.tree)
                let wrong = ReferenceSearch(models: models, parameters: parameters, policy: .paper, fault: fault).run()
                return found.map(\.threshold) != wrong.levels.map(\.threshold)
                    || found.map { Set($0.children) } != wrong.levels.map { Set($0.children) }
            }
            XCTAssertGreaterThan(differences.count, 10, "\(fault)")
        }
    }

    func testSameSeedGivesTheSameTreeAndOutcome() throws {
        var fingerprints: Set<UInt64> = []
        for seed in 0..<50 {
            var first = try search(.paper, SearchParameters())
            var second = first
            let events = try WordModels(seed: UInt64(seed)).run(&first)
            XCTAssertEqual(try WordModels(seed: UInt64(seed)).run(&second), events)
            XCTAssertEqual(try outcome(first), try outcome(second))
            XCTAssertEqual(first.tree.fingerprint, second.tree.fingerprint)
            fingerprints.insert(first.tree.fingerprint)
        }
        XCTAssertEqual(fingerprints.count, 50)
    }

    func testOrderInWhichThoughtsAreScoredDoesNotMatter() throws {
        for seed in 0..<50 {
            let models = WordModels(seed: UInt64(seed))
            var random = SeededRandom(seed: UInt64(seed))
            var forwards = try search(.paper, SearchParameters())
            var shuffled = forwards
            _ = try models.run(&forwards)
            _ = try models.run(&shuffled) { $0.shuffled(using: &random) }
            XCTAssertEqual(try outcome(forwards), try outcome(shuffled))
        }
    }

    func testLosslessHasTheTreeOfPlain() throws {
        for seed in 0..<50 {
            var plain = try search(.plain, SearchParameters())
            var lossless = try search(.lossless, SearchParameters())
            _ = try WordModels(seed: UInt64(seed)).run(&plain)
            _ = try WordModels(seed: UInt64(seed)).run(&lossless)
            XCTAssertEqual(plain.tree, lossless.tree)
        }
    }

    func testTreesAreSoundWheneverASearchIsStopped() throws {
        for seed in 0..<200 {
            let models = WordModels(seed: UInt64(seed))
            var search = try search(.paper, SearchParameters(width: 3, depth: 6))
            var branches: Set<String> = []
            for _ in 0..<(seed % 9) {
                switch search.ask() {
                case .write(let requests):
                    for request in requests {
                        XCTAssertTrue(
                            branches.insert("\(request.parent ?? -1) \(request.origin) \(request.slot)").inserted)
                    }
                    try search.tell(
                        written: requests.map {
                            [models.write($0.origin, slot: $0.slot, after: search.tree.text(of: $0.parent))]
                        })
                case .score(let thoughts):
                    try search.tell(scores: thoughts.map { models.score(search.tree.text(of: $0)) })
                case .check, .finished: break
                }
            }
            search.stop()
            try checkSoundness(of: outcome(search))
        }
    }

    private func checkSoundness(of outcome: SearchOutcome) {
        let tree = outcome.tree
        for (index, thought) in tree.thoughts.enumerated() {
            XCTAssertEqual(thought.id, index)
            XCTAssertNotEqual(thought.state, .open)
            XCTAssertTrue(tree.children(of: thought.parent).contains(thought.id))
            XCTAssertTrue(thought.state != .rejected || thought.origin == .draft)
            XCTAssertTrue(thought.state == .kept || tree.children(of: thought.id).isEmpty)
            XCTAssertTrue(!thought.isFinal || tree.children(of: thought.id).isEmpty)
            XCTAssertEqual(thought.depth, tree.path(of: thought.id).count)
        }
        XCTAssertTrue(outcome.path.allSatisfy { tree[$0].state == .kept })
        XCTAssertEqual(outcome.path.last.map { tree[$0].isFinal } ?? false, outcome.isComplete)
        XCTAssertLessThanOrEqual(outcome.counters.levelsWithoutCorrection, outcome.counters.levels)
    }

    // MARK: The paper's theorem

    /// 500 searches of three levels with normally distributed scores: enough to see a hundredth in the mean.
    private func normalSearches(_ fault: ReferenceSearch.Fault?) throws -> [[ReferenceSearch.Level]] {
        let parameters = try SearchParameters(depth: 3)
        return (0..<500).map {
            ReferenceSearch(
                models: NormalModels(seed: $0), parameters: parameters, policy: .paper, fault: fault
            ).run().levels
        }
    }

    func testMeanScoreIsNotBelowTheTargetsWhileTheThresholdIsNot() throws {
        let parameters = try SearchParameters(depth: 3)
        var paper: [[ReferenceSearch.Level]] = []
        var plain: [[ReferenceSearch.Level]] = []
        for seed in 0..<500 {
            for policy in [SpeculationPolicy.paper, .plain] {
                var search = try search(policy, parameters)
                let found = levels(try NormalModels(seed: UInt64(seed)).run(&search), search.tree)
                if policy == .paper { paper.append(found) } else { plain.append(found) }
            }
        }
        XCTAssertEqual(PaperRule.violations(paper, parameters, targetMean: NormalModels.targetMean), [])
        let target = try XCTUnwrap(PaperRule.mean(plain, above: 0))
        XCTAssertEqual(target.value, Double(NormalModels.targetMean), accuracy: 4 * target.error)
        let speculative = try XCTUnwrap(PaperRule.mean(paper, above: NormalModels.targetMean))
        XCTAssertGreaterThan(speculative.value, target.value)
        // Most levels meet the theorem's condition, so that it says something about the search.
        let thresholds = paper.flatMap { $0.dropFirst() }.compactMap(\.threshold)
        XCTAssertGreaterThan(thresholds.filter { $0 >= 0.6 }.count, thresholds.count / 2)
    }

    func testBrokenRulesAreCaught() throws {
        let parameters = try SearchParameters(depth: 3)
        let caught: [(ReferenceSearch.Fault?, PaperRule.Violation?)] = [
            (nil, nil), (.acceptsBelow, .acceptedBelow), (.acceptsBelow, .degraded), (.staleThreshold, .threshold),
            (.draftCorrects, .degraded), (.skipsCorrections, .count),
        ]
        for (fault, violation) in caught {
            let found = PaperRule.violations(
                try normalSearches(fault), parameters, targetMean: NormalModels.targetMean)
            if let violation {
                XCTAssertTrue(found.contains(violation), "\(fault.map { "\($0)" } ?? "-"): \(found)")
            } else {
                XCTAssertEqual(found, [])
            }
        }
    }
}
