import Compute
import TestSupport
import Transformer
import XCTest

/// Shapes that stretch the working memory of a forward pass.
final class ShapeTests: XCTestCase {
    private let shapes: [(width: Int, heads: Int, keyValueHeads: Int, headSize: Int, feedForwardWidth: Int)] = [
        (512, 1, 1, 2, 1), (2, 8, 1, 64, 300), (33, 3, 3, 6, 7), (16, 4, 2, 18, 16),
    ]

    func testOutputsOfManyRowsAreThoseOfEachAlone() throws {
        for shape in shapes {
            let checkpoint = try TinyCheckpoint(
                width: shape.width, layers: 2, heads: shape.heads, keyValueHeads: shape.keyValueHeads,
                headSize: shape.headSize, feedForwardWidth: shape.feedForwardWidth, vocabularySize: 40)
            let model = try LanguageModel(contentsOf: checkpoint.folder)
            for set in InstructionSet.supported {
                let arithmetic = Arithmetic(instructionSet: set, team: ThreadTeam(threads: 2))
                let tokens = (0..<37).map { Int32(($0 * 7) % 40) }
                let together = PathRunner(model, arithmetic: arithmetic).append(tokens)
                let runner = PathRunner(model, arithmetic: arithmetic)
                XCTAssertEqual(together, tokens.flatMap { runner.append([$0]) }, "\(shape), \(set)")
                XCTAssertTrue(together.allSatisfy(\.isFinite), "\(shape), \(set)")
            }
        }
    }
}
