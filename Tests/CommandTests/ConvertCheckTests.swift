import Foundation
import TestSupport
import XCTest

/// `convert --check` reads back what was written, and tells how far it is from what was read.
final class ConvertCheckTests: XCTestCase {
    private let text = RepositoryRoot.path(of: "Weights/problems/word.jsonl")

    /// Relative errors by tensor, and the line about the text.
    private func check(_ model: String, _ output: String, _ precision: String) throws -> ([String: Double], String) {
        let result = try Command.convert.run([model, output, "--precision", precision, "--check", text])
        XCTAssertEqual(result.status, 0, result.standardError)
        var errors: [String: Double] = [:]
        for line in result.lines {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 4, let error = Double(words[0]) { errors[words[3]] = error }
        }
        return (errors, result.lines.last ?? "")
    }

    /// The mean divergence that the line about the text states.
    private func divergence(_ line: String) throws -> Double {
        let words = line.split(separator: " ").map(String.init)
        let place = try XCTUnwrap(words.firstIndex(of: "divergence"), line)
        return try XCTUnwrap(Double(words[place + 1]), line)
    }

    func testNothingIsLostWhereNothingIsRounded() throws {
        let output = try ModelCopy(of: TinyModels.folder("llama-grouped"))
        let (errors, line) = try check(TinyModels.bundled("qwen/target"), output.path(of: "same"), "bf16")
        XCTAssertTrue(errors.isEmpty)
        XCTAssertEqual(try divergence(line), 0)
        XCTAssertTrue(line.contains("100.0 %") && line.contains("4096 positions"), line)
    }

    /// Errors are smaller than those of llama.cpp's forms with as many bits, whose rounding is byte for byte its own.
    func testWeightsAreRoundedBetterThanInGGUF() throws {
        for family in TinyModels.families {
            let output = try ModelCopy(of: TinyModels.folder("llama-grouped"))
            for (precision, share, most) in [("int8", 0.94, 3e-3), ("int4", 0.965, 0.15)] {
                let model = TinyModels.bundled(family + "/target")
                let (own, line) = try check(model, output.path(of: precision), precision)
                let (peer, peerLine) = try check(model, output.path(of: precision + ".gguf"), precision)
                XCTAssertEqual(Set(own.keys), Set(peer.keys))
                XCTAssertGreaterThan(own.count, 40)
                for (name, error) in own {
                    XCTAssertLessThan(error, share * (peer[name] ?? 0), "\(family) \(precision) \(name)")
                }
                XCTAssertTrue((1e-5..<most).contains(try divergence(line)), line)
                XCTAssertTrue((1e-5..<most).contains(try divergence(peerLine)), peerLine)
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: output.path)
            XCTAssertFalse(names.contains { $0.contains("partial") || $0.contains("check") }, "\(names)")
        }
    }

    func testTextsThatSayNothingAreRefused() throws {
        let copy = try ModelCopy(of: TinyModels.bundled("qwen/draft"))
        try copy.write("short", to: "short.txt")
        let arguments = [TinyModels.bundled("qwen/draft"), copy.path(of: "out"), "--precision", "int8", "--check"]
        let result = try Command.convert.run(arguments + [copy.path(of: "short.txt")])
        XCTAssertEqual(result.status, 65)
        XCTAssertTrue(result.standardError.contains("expected 32 or more"), result.standardError)
        try Command.convert.assertMisused(arguments + [copy.path(of: "none.txt")], saying: "no file")
    }
}
