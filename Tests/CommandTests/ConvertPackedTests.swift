import Foundation
import Safetensors
import TestSupport
import XCTest

/// `convert` reads weights in the forms of GPTQ and AWQ: the floats are those of the formulas in
/// Tools/parity/make_packed_fixture.py.
final class ConvertPackedTests: XCTestCase {
    private static let forms = ["gptq", "gptq-act-order", "gptq-v2", "gptq-symmetric", "gptq-true-zeros", "awq"]

    private func folder(_ form: String) -> String {
        RepositoryRoot.path(of: "Tests/CommandTests/Fixtures/packed/" + form)
    }

    private func bits(_ folder: String, _ name: String) throws -> [UInt32] {
        let tensor = try XCTUnwrap(try SafetensorsFolder(contentsOf: folder).tensor(named: name))
        var floats = [Float](repeating: 0, count: tensor.elementCount)
        try floats.withUnsafeMutableBufferPointer { try tensor.copyFloats(0..<$0.count, into: $0) }
        return floats.map(\.bitPattern)
    }

    func testWeightsAreThoseOfTheFormulas() throws {
        for form in ConvertPackedTests.forms {
            let output = try ModelCopy(of: folder(form))
            let converted = output.path(of: "converted")
            try Command.convert.assertSucceeds([folder(form), converted, "--precision", "f32"])
            for name in ["proj.weight", "norm.weight"] {
                XCTAssertEqual(try bits(converted, name), try bits(folder(form) + "/expected", name), form + name)
            }
            XCTAssertEqual(try SafetensorsFolder(contentsOf: converted).tensors.count, 2)
            let configuration = try String(contentsOfFile: converted + "/config.json", encoding: .utf8)
            XCTAssertFalse(configuration.contains("quant"), configuration)
        }
    }

    func testFormsThatAreNotReadAreRefused() throws {
        let refused = [
            (#"{"quant_method": "gptq", "bits": 8}"#, "with 8 bits"),
            (#"{"quant_method": "awq", "bits": 4, "version": "gemv"}"#, "gemv"),
            (#"{"quant_method": "gptq", "bits": 4, "checkpoint_format": "marlin"}"#, "marlin"),
            (#"{"quant_method": "gptq", "bits": 4, "group_size": 12}"#, "group_size is 12"),
            (#"{"quant_method": "bitsandbytes"}"#, "bitsandbytes"),
            (#"{"quant_method": "gptq", "bits": 4, "group_size": 96}"#, "proj.qzeros"),
        ]
        for (quantization, words) in refused {
            let copy = try ModelCopy(of: folder("gptq"))
            try copy.write(#"{"model_type": "llama", "quantization_config": \#(quantization)}"#, to: "config.json")
            try Command.convert.assertRefuses([copy.path, copy.path + "-output"], code: 65, saying: words)
        }
    }

    func testTensorsThatDoNotBelongTogetherAreRefused() throws {
        let changes: [(String, (inout StoredTensor) -> Void, String)] = [
            ("proj.g_idx", { $0.bytes[0] = 3 }, "g_idx"),
            ("proj.g_idx", { $0.bytes[3] = 0x80 }, "g_idx"),
            ("proj.scales", { $0.name = "proj.other" }, "proj.scales"),
            ("proj.qweight", { $0.elementType = .float32 }, "32-bit integers"),
        ]
        for (name, change, words) in changes {
            let copy = try ModelCopy(of: folder("gptq-act-order"))
            try copy.changeTensors { tensors in
                guard let place = tensors.firstIndex(where: { $0.name == name }) else { return XCTFail(name) }
                change(&tensors[place])
            }
            try Command.convert.assertRefuses([copy.path, copy.path + "-output"], code: 65, saying: words)
        }
    }
}
