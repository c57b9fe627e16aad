import Compute
import TestSupport
import Tokenization
import Transformer
import XCTest

/// Rungs 2 to 4 of the ladder: layers, logits and greedy tokens of every tiny checkpoint against `transformers`.
final class LogitParityTests: XCTestCase {
    private let team = ThreadTeam(threads: 2)

    private func forEachSet(_ body: (Arithmetic, InstructionSet) throws -> Void) rethrows {
        for set in InstructionSet.supported { try body(Arithmetic(instructionSet: set, team: team), set) }
    }

    private func checkLogits(_ model: LanguageModel, _ golden: Golden, _ name: String) {
        forEachSet { arithmetic, set in
            for prompt in golden.prompts {
                let found = PathRunner(model, arithmetic: arithmetic).append(prompt.tokens)
                assertClose(found, prompt.logits, "\(name), \(prompt.tokens.count) tokens, \(set)")
            }
        }
    }

    /// Greedy tokens must be the reference's wherever its best logit leads by more than the bound; where it does not,
    /// the reference's token is followed.
    private func checkGreedy(_ model: LanguageModel, _ golden: Golden, _ name: String) {
        for prompt in golden.prompts {
            let bound = Close.parityBound(prompt.logits)
            let runner = PathRunner(model, arithmetic: Arithmetic(team: team))
            var logits = runner.append(prompt.tokens).suffix(model.configuration.vocabularySize)
            XCTAssertEqual(prompt.greedy.count, 64, name)
            for (step, token) in prompt.greedy.enumerated() {
                let best = logits.indices.max { logits[$0] < logits[$1] }! - logits.startIndex
                if prompt.margins[step] > bound { XCTAssertEqual(Int32(best), token, "\(name), step \(step)") }
                logits = runner.append([token])[...]
            }
        }
    }

    func testLayersAgreeWithTransformers() throws {
        for name in TinyModels.withLayers {
            let model = try LanguageModel(contentsOf: TinyModels.folder(name))
            try forEachSet { arithmetic, set in
                for prompt in try Golden(name).prompts {
                    var states: [[Float]] = []
                    _ = PathRunner(model, arithmetic: arithmetic).append(prompt.tokens) { states.append($0) }
                    XCTAssertEqual(states.count, prompt.layers.count + 1, name)
                    assertClose(states[0], prompt.embedding, within: 0, "\(name), embedding, \(set)")
                    for (layer, expected) in prompt.layers.enumerated() {
                        let size = expected.reduce(1) { max($0, abs($1)) }
                        assertClose(states[layer + 1], expected, within: 1e-5 * size, "\(name), layer \(layer), \(set)")
                    }
                }
            }
        }
    }

    func testFloat32LogitsAndGreedyTokensAgreeWithTransformers() throws {
        for name in TinyModels.float32 {
            let (model, golden) = (try LanguageModel(contentsOf: TinyModels.folder(name)), try Golden(name))
            checkLogits(model, golden, name)
            checkGreedy(model, golden, name)
        }
    }

    func testBFloat16WeightsAgreeWithTheSameWeightsWidened() throws {
        for name in TinyModels.bfloat16 {
            let (model, golden) = (try LanguageModel(contentsOf: TinyModels.folder(name)), try Golden(name))
            checkLogits(model, golden, name)
            checkGreedy(model, golden, name)
            let widened = try LanguageModel(contentsOf: TinyModels.folder(name), precision: .float32)
            for prompt in golden.prompts {
                XCTAssertEqual(
                    PathRunner(model, arithmetic: Arithmetic(team: team)).append(prompt.tokens),
                    PathRunner(widened, arithmetic: Arithmetic(team: team)).append(prompt.tokens),
                    "\(name): widening bfloat16 is exact, and the order of sums is the same")
            }
        }
    }

    func testBundledModelsAgreeWithTransformers() throws {
        for (family, role) in TinyModels.families.flatMap({ [($0, "target"), ($0, "draft")] }) {
            let model = try LanguageModel(contentsOf: TinyModels.bundled("\(family)/\(role)"))
            let golden = try Golden("\(family)-\(role)")
            checkLogits(model, golden, family)
            checkGreedy(model, golden, family)
        }
    }

    func testRowsRoundedToBFloat16ChangeLittleAndOnlyWithSuchWeights() throws {
        for (family, precision) in TinyModels.families.flatMap({ [($0, WeightPrecision.bfloat16), ($0, .float32)] }) {
            let folder = TinyModels.bundled("\(family)/target")
            let model = try LanguageModel(contentsOf: folder, precision: precision)
            for prompt in try Golden("\(family)-target").prompts {
                forEachSet { exact, set in
                    let arithmetic = Arithmetic(
                        instructionSet: set, team: team, mode: .init(activations: .bfloat16))
                    let rounded = PathRunner(model, arithmetic: arithmetic).append(prompt.tokens)
                    let plain = PathRunner(model, arithmetic: exact).append(prompt.tokens)
                    if precision == .float32 { return XCTAssertEqual(rounded, plain, "\(family), \(set)") }
                    let size = plain.reduce(0) { $0 + Double($1) * Double($1) }
                    let error = zip(rounded, plain).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }
                    XCTAssertGreaterThan(error, 0, "\(family), \(set)")
                    XCTAssertLessThan((error / size).squareRoot(), 0.01, "\(family), \(set)")
                }
            }
        }
    }

    func testRewardScoresAgreeWithTransformers() throws {
        let llama = TinyModels.bundled("llama/reward")
        let tokenizer = try Tokenizer(contentsOf: llama)
        let pair = [try XCTUnwrap(tokenizer.token(for: "-")), try XCTUnwrap(tokenizer.token(for: "+"))]
        let models: [(String, String, ModelConfiguration.Head, [Int32]?)] = [
            (TinyModels.reward, TinyModels.folder(TinyModels.reward), .stepClasses, nil),
            (TinyModels.value, TinyModels.folder(TinyModels.value), .value, nil),
            ("qwen-reward", TinyModels.bundled("qwen/reward"), .stepClasses, nil),
            ("llama-reward", llama, .tokens(pair), pair),
        ]
        for (golden, folder, head, tokens) in models {
            let model = try LanguageModel(contentsOf: folder, outputTokens: tokens)
            XCTAssertEqual(model.configuration.head, head)
            forEachSet { arithmetic, set in
                for prompt in try! Golden(golden).prompts {
                    let found = PathRunner(model, arithmetic: arithmetic).append(prompt.tokens)
                    assertClose(found, prompt.logits, "\(golden), \(set)")
                    let scores = prompt.steps.map { row in
                        let width = model.configuration.outputWidth
                        let outputs = found.dropFirst(Int(row) * width).prefix(width).map { Double($0) }
                        return Float(1 / (1 + exp((width == 2 ? outputs[0] : 0) - outputs[width - 1])))
                    }
                    // A score near one half moves by a quarter of what its logits do, and those of the reference, in single
                    // precision, are up to 2e-4 from what it computes in double precision.
                    assertClose(scores, prompt.scores, within: 1e-4, "\(golden), scores")
                }
            }
        }
    }

    func testLongPromptsThroughBLASAgreeWithTransformers() throws {
        guard BLAS.shared != nil else { throw XCTSkip("no OpenBLAS is installed; Tools/test installs it where it may") }
        let arithmetic = Arithmetic(team: team, mode: .init(prefill: .blas))
        for name in TinyModels.float32 {
            let model = try LanguageModel(contentsOf: TinyModels.folder(name))
            let prompt = try XCTUnwrap(try Golden(name).prompts.last)
            // The same prompt twice makes a batch that is long enough for BLAS.
            var batch = ForwardBatch()
            let count = prompt.tokens.count
            let layout = model.configuration.pageLayout()
            let blocks = Int32((count + PageLayout.tokens - 1) / PageLayout.tokens)
            for copy in 0..<Int32(2) {
                let path = batch.addPath(Array(copy * blocks..<(copy + 1) * blocks))
                for (position, token) in prompt.tokens.enumerated() {
                    batch.addRow(.init(token: token, position: Int32(position), path: path, wantsOutput: true))
                }
            }
            XCTAssertGreaterThanOrEqual(batch.rows.count, 64)
            let pages = PageBuffer(pages: Int(2 * blocks), layout: layout)
            let found = withExtendedLifetime(pages) {
                Array(
                    model.forward(
                        batch, pages: pages.memory, workspace: ForwardWorkspace(),
                        arithmetic: arithmetic))
            }
            assertClose(found, prompt.logits + prompt.logits, name)
        }
    }
}
