import Compute
import Files
import Foundation
import JSON
import Safetensors
import TestSupport
import Transformer
import XCTest

/// Weights that do not fit their `config.json` are refused with the tensor's name.
final class WeightRefusalTests: XCTestCase {
    private let projection = "model.layers.1.self_attn.o_proj.weight"

    private func model(_ change: (inout [StoredTensor]) throws -> Void) throws -> ModelCopy {
        let copy = try ModelCopy(of: TinyModels.folder("llama-biased"))
        try copy.changeTensors(change)
        return copy
    }

    func testEveryMissingTensorIsNamed() throws {
        let names = try SafetensorsFolder(contentsOf: TinyModels.folder("llama-biased")).tensorNames
        XCTAssertGreaterThan(names.count, 20)
        for missing in names {
            let model = try model { $0.removeAll { $0.name == missing } }
            XCTAssertThrowsError(try LanguageModel(contentsOf: model.path), missing) {
                guard case .missingTensor(missing)? = $0 as? LoadError else { return XCTFail("\($0)") }
            }
        }
    }

    func testEveryWrongShapeIsNamed() throws {
        let names = try SafetensorsFolder(contentsOf: TinyModels.folder("llama-biased")).tensorNames
        for wrong in names {
            let model = try model { tensors in
                for index in tensors.indices where tensors[index].name == wrong { tensors[index].shape += [1] }
            }
            XCTAssertThrowsError(try LanguageModel(contentsOf: model.path), wrong) {
                guard case .wrongShape(wrong, let found, let expected)? = $0 as? LoadError else {
                    return XCTFail("\($0)")
                }
                XCTAssertEqual(found, expected + [1])
            }
        }
    }

    func testATransposedMatrixIsRefused() throws {
        let model = try model { tensors in
            for index in tensors.indices where tensors[index].name.hasSuffix("0.mlp.down_proj.weight") {
                tensors[index].shape.reverse()
            }
        }
        XCTAssertThrowsError(try LanguageModel(contentsOf: model.path)) {
            guard case .wrongShape(_, [136, 60], [60, 136])? = $0 as? LoadError else { return XCTFail("\($0)") }
        }
    }

    func testIntegersAndDoublesAreNoWeights() throws {
        for type in [ElementType.int32, .uint32, .float64, .int8, .float8E4M3] {
            let model = try model { tensors in
                for index in tensors.indices where tensors[index].name == projection {
                    let count = tensors[index].floats.count
                    tensors[index].elementType = type
                    tensors[index].bytes = Array(repeating: 0, count: count * type.bytes)
                }
            }
            XCTAssertThrowsError(try LanguageModel(contentsOf: model.path), type.rawValue) {
                guard case .unsupportedElementType(projection, type.rawValue)? = $0 as? LoadError else {
                    return XCTFail("\($0)")
                }
            }
        }
    }

    func testTensorsThatNobodyAsksForAreIgnored() throws {
        let whole = try LanguageModel(contentsOf: TinyModels.folder("llama-biased"))
        let model = try model { tensors in
            var extra = tensors[0]
            extra.name = "model.layers.0.self_attn.rotary_emb.inv_freq"
            tensors.append(extra)
        }
        XCTAssertEqual(try LanguageModel(contentsOf: model.path).weightBytes, whole.weightBytes)
    }

    func testHalfWidthWeightsAreReadExactly() throws {
        let arithmetic = Arithmetic(team: ThreadTeam(threads: 1))
        // Numbers of seven bits are the same in all three types.
        func logits(_ type: ElementType) throws -> [Float] {
            let model = try model { tensors in
                for index in tensors.indices {
                    let rounded = tensors[index].floats.map { ($0 * 64).rounded() / 64 }.map { min(max($0, -1), 1) }
                    tensors[index].floats = rounded
                    guard type != .float32 else { continue }
                    tensors[index].elementType = type
                    tensors[index].bytes = rounded.flatMap { number in
                        let bits = type == .float16 ? number.halfBits : number.bfloat16Bits
                        return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
                    }
                }
            }
            return PathRunner(try LanguageModel(contentsOf: model.path), arithmetic: arithmetic).append([1, 2, 3])
        }
        let expected = try logits(.float32)
        XCTAssertGreaterThan(expected.map { abs($0) }.max() ?? 0, 0.1)
        XCTAssertEqual(try logits(.float16), expected)
        XCTAssertEqual(try logits(.bfloat16), expected)
    }

    /// `transformers` 5 ties only what is missing or the same.
    func testAnOutputLayerOfItsOwnCountsThoughItIsSaidToBeTied() throws {
        let arithmetic = Arithmetic(team: ThreadTeam(threads: 1))
        func logits(_ folder: String) throws -> [Float] {
            PathRunner(try LanguageModel(contentsOf: folder), arithmetic: arithmetic).append([1, 2, 3])
        }
        let own = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        let untied = try logits(own.path)
        try own.setField("tie_word_embeddings", to: true)
        XCTAssertEqual(try logits(own.path), untied)
        try own.changeTensors { tensors in
            let embedding = try XCTUnwrap(tensors.first { $0.name == "model.embed_tokens.weight" })
            for index in tensors.indices where tensors[index].name == "lm_head.weight" {
                tensors[index].bytes = embedding.bytes
            }
        }
        let same = try logits(own.path)
        XCTAssertNotEqual(same, untied)
        try own.changeTensors { $0.removeAll { $0.name == "lm_head.weight" } }
        XCTAssertEqual(try logits(own.path), same)
    }

    func testAnOutputLayerThatIsNotTiedMustBeThere() throws {
        let copy = try ModelCopy(of: TinyModels.folder("llama-biased"))
        try copy.setField("tie_word_embeddings", to: false)
        XCTAssertThrowsError(try LanguageModel(contentsOf: copy.path)) {
            guard case .missingTensor("lm_head.weight")? = $0 as? LoadError else { return XCTFail("\($0)") }
        }
    }

    /// A file as large as no machine's memory, of which nothing is on the disk.
    func testWeightsBeyondTheMemoryAreRefused() throws {
        let copy = try ModelCopy(of: TinyModels.folder("llama-biased"))
        let elements = 1 << 42
        let header =
            #"{"x":{"dtype":"U8","shape":[\#(elements)],"data_offsets":[0,\#(elements)]}}"#
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
        let path = copy.path(of: "model.safetensors")
        try Data(length + header.utf8).write(to: URL(fileURLWithPath: path))
        XCTAssertEqual(truncate(path, off_t(8 + header.utf8.count + elements)), 0)
        XCTAssertThrowsError(try LanguageModel(contentsOf: copy.path)) {
            guard case .tooLarge(elements, _)? = $0 as? LoadError else { return XCTFail("\($0)") }
        }
    }

    func testFilesThatChangeWhileTheyAreReadAreRefused() throws {
        let copy = try ModelCopy(of: TinyModels.folder("llama-biased"))
        let path = copy.path(of: "model.safetensors")
        XCTAssertThrowsError(
            try LanguageModel(contentsOf: copy.path) { _ in
                try? FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
            }
        ) {
            guard case .weights(.file(path, .access(.changed)))? = $0 as? LoadError else { return XCTFail("\($0)") }
        }
    }

    func testAFolderWithoutWeightsIsRefused() throws {
        let copy = try ModelCopy(of: TinyModels.folder("llama-biased"))
        try copy.remove("model.safetensors")
        XCTAssertThrowsError(try LanguageModel(contentsOf: copy.path)) {
            guard case .weights(.folder(copy.path, .noWeights))? = $0 as? LoadError else { return XCTFail("\($0)") }
        }
        try copy.remove("config.json")
        XCTAssertThrowsError(try LanguageModel(contentsOf: copy.path)) {
            guard case .missingFile(copy.path + "/config.json")? = $0 as? LoadError else { return XCTFail("\($0)") }
        }
    }

    func testProgressGoesFromNothingToAll() throws {
        var shares: [Double] = []
        _ = try LanguageModel(contentsOf: TinyModels.folder("llama-sharded")) { shares.append($0) }
        XCTAssertEqual(shares, shares.sorted())
        XCTAssertEqual(shares.last, 1)
        XCTAssertGreaterThan(shares.count, 20)
    }
}
