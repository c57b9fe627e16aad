import CacheTree
import Foundation
import TestSupport
import Transformer
import XCTest

@testable import Decoding

/// Judges speculation by the distribution of what it writes: three tokens together for a language of 8, pairs for one of
/// 64. χ² tests at a family-wise level of 1 %, with fixed seeds; rules that are broken on purpose must be caught.
///
/// `SPECSEARCH_SAMPLES` sets how many texts each test draws.
final class SpeculationDistributionTests: XCTestCase {
    private static let samples: Int = {
        if let count = ProcessInfo.processInfo.environment["SPECSEARCH_SAMPLES"].flatMap({ Int($0) }) { return count }
        #if DEBUG
        return 3_000
        #else
        return 60_000
        #endif
    }()
    /// A level of 1 % for all tests of this class together, of which there are fewer than 100 (Bonferroni).
    private static let level = 0.01 / 100
    private static let prompt: [Int32] = [0, 1, 2, 0, 1, 3, 3, 2, 4, 0, 1, 2, 5, 5, 2, 1, 0, 1]

    /// How a text is written.
    private enum Drafting: String, CaseIterable {
        case none, model, ngrams, both, tree
    }

    private let sampler = Sampler()
    private let root = Result {
        try CacheTree(models: [PageLayout(layers: 1, keyValueHeads: 1, headSize: 1)], budget: CacheBudget(bytes: 0))
            .root
    }

    private func parameters() throws -> [SamplingParameters] {
        try [
            .init(), .init(temperature: 0.7), .init(temperature: 1.6), .init(topK: 3), .init(topP: 0.8),
            .init(minP: 0.1), .init(repetitionPenalty: 1.3, presencePenalty: 0.4, frequencyPenalty: 0.3),
            .init(temperature: 0.8, topK: 6, topP: 0.95, minP: 0.02, frequencyPenalty: -0.5),
        ]
    }

    func testThreeTokensTogetherFollowTheTargetsDistribution() throws {
        let language = ToyLanguage(size: 8, seed: 3)
        for (number, parameters) in try parameters().enumerated() {
            let expected = joint(language, parameters, length: 3)
            for acceptance in TokenAcceptance.allCases {
                for drafting in Drafting.allCases {
                    let counts = try count(language.size, length: 3, firstSlot: number * Self.samples) {
                        try write(language, parameters, acceptance, drafting, length: 3, slot: $0)
                    }
                    let test = ChiSquare(observed: counts, probabilities: expected)
                    XCTAssertGreaterThan(
                        test.pValue, Self.level,
                        "\(acceptance), \(drafting), \(parameters): χ² \(test.statistic) of \(test.degreesOfFreedom)")
                }
            }
        }
    }

    func testPairsOf64TokensFollowTheTargetsDistribution() throws {
        let language = ToyLanguage(size: 64, seed: 5)
        let parameters = try SamplingParameters(temperature: 0.8, topP: 0.97)
        let expected = joint(language, parameters, length: 2)
        for acceptance in TokenAcceptance.allCases {
            for drafting in Drafting.allCases {
                let counts = try count(language.size, length: 2, firstSlot: 0) {
                    try write(language, parameters, acceptance, drafting, length: 2, slot: $0)
                }
                let joint = ChiSquare(observed: counts, probabilities: expected)
                XCTAssertGreaterThan(joint.pValue, Self.level, "\(acceptance), \(drafting)")
                // Of the pairs with the most frequent first tokens, the second ones.
                for first in (0..<64).sorted(by: { Self.sum(counts, $0) > Self.sum(counts, $1) }).prefix(3) {
                    let range = first * 64..<(first + 1) * 64
                    let share = expected[range].reduce(0, +)
                    let test = ChiSquare(
                        observed: Array(counts[range]), probabilities: expected[range].map { $0 / share })
                    XCTAssertGreaterThan(test.pValue, Self.level, "\(acceptance), \(drafting), behind \(first)")
                }
            }
        }
    }

    func testInvariantAcceptanceWritesTheSameTextWhoeverDrafts() throws {
        let language = ToyLanguage(size: 8, seed: 4)
        for parameters in try parameters() {
            for slot in 0..<300 {
                let texts = try Drafting.allCases.map {
                    try write(language, parameters, .invariant, $0, length: 12, slot: slot)
                }
                XCTAssertEqual(Set(texts).count, 1)
            }
        }
    }

    func testGreedyTextsAreTheSameUnderRatioAcceptance() throws {
        let language = ToyLanguage(size: 8, seed: 4)
        let texts = try Drafting.allCases.flatMap { drafting in
            try TokenAcceptance.allCases.map { try write(language, .greedy, $0, drafting, length: 30, slot: 0) }
        }
        XCTAssertEqual(Set(texts).count, 1)
    }

    /// Leviathan et al., 2023: proposals are accepted with the probability Σ min(p, q), which invariant acceptance stays
    /// below.
    func testRatioAcceptsAsManyProposalsAsItCan() throws {
        let language = ToyLanguage(size: 8, seed: 9)
        let parameters = try SamplingParameters()
        let p = language.probabilities(after: Self.prompt, textStart: Self.prompt.count, parameters)
        let q = language.probabilities(of: .draft, after: Self.prompt, textStart: Self.prompt.count, parameters)
        let expected = zip(p, q).map { min($0, $1) }.reduce(0, +)
        var accepted = 0
        for slot in 0..<Self.samples {
            var text = try text(parameters, .ratio, length: 1, slot: slot)
            _ = try text.propose(language.logits(of: .draft, after: Self.prompt), sampler)
            accepted += try text.judge(sampler) { _ in language.logits(of: .target, after: Self.prompt) }.accepted
        }
        let deviation = (expected * (1 - expected) / Double(Self.samples)).squareRoot()
        XCTAssertEqual(Double(accepted) / Double(Self.samples), expected, accuracy: 4 * deviation)
    }

    // MARK: Broken rules

    /// A rule that is broken on purpose, and how.
    private enum Flaw: CaseIterable {
        case none
        case noResidual, wrongResidual, bonusSkipped, draftBeforeTemperature, ratioInverted, sampleInPlaceOfNGram
        case drawUsedTwice, acceptsAll
    }

    func testEveryBrokenRuleIsCaught() throws {
        try assertCaught(Flaw.none, length: 3, write: flawed)
    }

    /// Writes texts under each flaw: only what has none may pass for the target's own.
    private func assertCaught<Kind: CaseIterable & Equatable>(
        _ none: Kind, length: Int, write: (Kind, ToyLanguage, SamplingParameters, Int) throws -> [Int32]
    ) throws {
        let language = ToyLanguage(size: 8, disagreement: 1.5, seed: 3)
        let parameters = try SamplingParameters(temperature: 0.6)
        let expected = joint(language, parameters, length: length)
        for flaw in Kind.allCases {
            // A draw that is used twice shows least: it takes so many.
            let counts = try count(8, length: length, firstSlot: 0, samples: max(Self.samples, 30_000)) { slot in
                try write(flaw, language, parameters, slot)
            }
            let test = ChiSquare(observed: counts, probabilities: expected)
            if flaw == none {
                XCTAssertGreaterThan(test.pValue, Self.level, "the rule itself, said plainly")
            } else {
                XCTAssertLessThan(test.pValue, 1e-9, "\(flaw)")
            }
        }
    }

    /// Three tokens by ratio acceptance of two proposals at a time, with a flaw.
    private func flawed(
        _ flaw: Flaw, _ language: ToyLanguage, _ parameters: SamplingParameters, _ slot: Int
    ) throws -> [Int32] {
        let source = RandomSource(seed: 1)
        let branch = BranchKey.root.child(slot: slot, origin: .target)
        func stream(_ depth: Int, _ purpose: RandomSource.Purpose) -> RandomStream {
            source.stream(branch: branch, position: depth, purpose: purpose)
        }
        func distribution(_ writer: Writer, _ path: [Int32], _ parameters: SamplingParameters) throws
            -> TokenDistribution
        {
            try sampler.distribution(logits: language.logits(of: writer, after: path), parameters: parameters)
        }
        let isFound = flaw == .sampleInPlaceOfNGram
        var path = Self.prompt
        while path.count < Self.prompt.count + 3 {
            var proposals: [(token: Int, proposer: TokenDistribution)] = []
            for _ in 0..<2 {
                let draft = path + proposals.map { Int32($0.token) }
                let drawn = try distribution(.draft, draft, parameters)
                let token = isFound ? Int(draft[draft.count - 2]) : drawn.draw(stream(draft.count, .choice))
                let cold = try distribution(.draft, draft, SamplingParameters())
                proposals.append((token, flaw == .draftBeforeTemperature ? cold : drawn))
            }
            var isRefused = false
            for (token, proposer) in proposals where !isRefused {
                let target = try distribution(.target, path, parameters)
                let purpose: RandomSource.Purpose = flaw == .drawUsedTwice ? .choice : .acceptance
                let chance = stream(path.count, purpose).uniform(0)
                var (left, right) = (chance * proposer[token], target[token])
                if flaw == .ratioInverted { (left, right) = (chance * target[token], proposer[token]) }
                if flaw == .acceptsAll || left < right {
                    path.append(Int32(token))
                } else {
                    let residual = stream(path.count, .residual)
                    let excess = flaw == .wrongResidual ? proposer.excess(over: target) : target.excess(over: proposer)
                    path.append(Int32((flaw == .noResidual ? target : excess ?? target).draw(residual)))
                    isRefused = true
                }
            }
            guard !isRefused else { continue }
            // The token behind a chain that was accepted as a whole.
            let bonus = try distribution(flaw == .bonusSkipped ? .draft : .target, path, parameters)
            path.append(Int32(bonus.draw(stream(path.count, .choice))))
        }
        return Array(path[Self.prompt.count...].prefix(3))
    }

    /// How the rule for several proposals at one place may be broken.
    private enum TreeFlaw: CaseIterable {
        case none, judgedAfresh, drawnAgain, oneDrawForBoth
    }

    func testEveryBrokenRuleOfATreeIsCaught() throws {
        try assertCaught(TreeFlaw.none, length: 2, write: flawed)
    }

    /// Two tokens, each by ratio acceptance of two proposals for its place, with a flaw.
    private func flawed(
        _ flaw: TreeFlaw, _ language: ToyLanguage, _ parameters: SamplingParameters, _ slot: Int
    ) throws -> [Int32] {
        let (source, branch) = (RandomSource(seed: 2), BranchKey.root.child(slot: slot, origin: .target))
        var path = Self.prompt
        while path.count < Self.prompt.count + 2 {
            func draws(_ purpose: RandomSource.Purpose) -> RandomStream {
                source.stream(branch: branch, position: path.count, purpose: purpose)
            }
            func distribution(_ writer: Writer) throws -> TokenDistribution {
                try sampler.distribution(logits: language.logits(of: writer, after: path), parameters: parameters)
            }
            let (target, draft) = (try distribution(.target), try distribution(.draft))
            let first = draft.draw(draws(.choice))
            guard let others = draft.without(first) else { fatalError("a language of one token") }
            let (second, proposer) =
                flaw == .drawnAgain ? (draft.draw(draws(.audit)), others) : (others.draw(draws(.audit)), others)
            let chances = (0..<2).map { draws(.acceptance).uniform(flaw == .oneDrawForBoth ? 0 : $0) }
            let excess = target.excess(over: draft) ?? target
            let rest = flaw == .judgedAfresh ? target : excess
            if chances[0] * draft[first] < target[first] {
                path.append(Int32(first))
            } else if chances[1] * proposer[second] < rest[second] {
                path.append(Int32(second))
            } else {
                path.append(Int32((rest.excess(over: proposer) ?? rest).draw(draws(.residual))))
            }
        }
        return Array(path[Self.prompt.count...])
    }

    // MARK: Writing

    private func text(
        _ parameters: SamplingParameters, _ acceptance: TokenAcceptance, length: Int, slot: Int
    ) throws -> GrowingText {
        let request = GenerationRequest(
            start: try root.get(), acceptance: acceptance, sampling: parameters,
            branch: BranchKey.root.child(slot: slot, origin: .target),
            stop: StopRule(endTokens: [], maxTokens: length))
        return GrowingText(request, path: Self.prompt, tokenizer: nil)
    }

    /// A text of so many tokens, with up to three proposals at a time.
    private func write(
        _ language: ToyLanguage, _ parameters: SamplingParameters, _ acceptance: TokenAcceptance, _ drafting: Drafting,
        length: Int, slot: Int
    ) throws -> [Int32] {
        var text = try text(parameters, acceptance, length: length, slot: slot)
        while text.end == nil {
            let confirmed = Self.prompt + text.tokens
            var path = confirmed
            if drafting == .ngrams || drafting == .both {
                for token in NGramDrafter(path, others: []).proposals(3) where !text.proposalsEnd {
                    text.propose(found: token)
                    path.append(token)
                }
            }
            if drafting == .model || drafting == .both || drafting == .tree {
                while path.count < confirmed.count + 3, !text.proposalsEnd {
                    path.append(
                        try text.propose(
                            language.logits(of: .draft, after: path), sampler,
                            alternatives: drafting == .tree ? 2 : 0))
                }
            }
            let alternatives = text.alternatives.map(\.token)
            _ = try text.judge(sampler) {
                language.logits(of: .target, after: Array(path.prefix(confirmed.count + $0)))
            } behind: {
                language.logits(of: .target, after: confirmed + [alternatives[$0]])
            }
        }
        return text.tokens
    }

    private func count(
        _ size: Int, length: Int, firstSlot: Int, samples: Int = SpeculationDistributionTests.samples,
        _ write: (Int) throws -> [Int32]
    ) rethrows -> [Int] {
        let cells = (0..<length).reduce(1) { cells, _ in cells * size }
        var counts = [Int](repeating: 0, count: cells)
        for slot in firstSlot..<firstSlot + samples {
            counts[try write(slot).reduce(0) { $0 * size + Int($1) }] += 1
        }
        return counts
    }

    /// The probability of each text of a length.
    private func joint(_ language: ToyLanguage, _ parameters: SamplingParameters, length: Int) -> [Double] {
        var texts: [(tokens: [Int32], probability: Double)] = [([], 1)]
        for _ in 0..<length {
            texts = texts.flatMap { text in
                language.probabilities(after: Self.prompt + text.tokens, textStart: Self.prompt.count, parameters)
                    .enumerated().map { (text.tokens + [Int32($0.offset)], text.probability * $0.element) }
            }
        }
        return texts.map(\.probability)
    }

    private static func sum(_ counts: [Int], _ first: Int) -> Int { counts[first * 64..<(first + 1) * 64].reduce(0, +) }
}
