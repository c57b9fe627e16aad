import JSON
import Safetensors
import TestSupport
import XCTest

/// `specsearch inspect`, and the help of every command.
final class InspectCommandTests: XCTestCase {
    func testAModelIsDescribedByItsConfigurationAndWeights() throws {
        let folder = TinyModels.folder("llama-sharded")
        let output = try Command.specsearch.run(["inspect", "--model", folder, "--json"]).json()
        XCTAssertEqual(output.names, ["machine", "model"])
        let expected: JSONValue = [
            "family": "llama", "head": "vocabulary", "layers": 3, "width": 48, "heads": 4, "keyValueHeads": 4,
            "headSize": 12, "feedForwardWidth": 100, "vocabularySize": 96, "contextLength": 256, "tiesOutput": false,
            "weightBytes": .integer(try SafetensorsFolder(contentsOf: folder).dataBytes),
            // 3 layers and 4 heads: keys of 12 floats, and values that are padded to 16.
            "kvBytesPerToken": .integer(3 * 4 * (12 + 16) * 4),
        ]
        XCTAssertEqual(output["model"], expected)
    }

    func testARewardModelIsToldApart() throws {
        let output = try Command.specsearch.run(
            ["inspect", "--model", TinyModels.bundled("qwen/reward"), "--json"]
        ).json()
        XCTAssertEqual(output["model"]?["head"], "stepClasses")
        XCTAssertEqual(output["model"]?["family"], "qwen3")
    }

    func testTheMachineComputesWithTheKernelsThatAreAskedFor() throws {
        let usual = try XCTUnwrap(try Command.specsearch.run(["inspect", "--json"]).json()["machine"])
        let sets = try XCTUnwrap(usual["instructionSets"]?.array)
        XCTAssertEqual(sets.first, "baseline")
        for set in sets.compactMap(\.string) {
            let chosen = try Command.specsearch.run(["inspect", "--json"], environment: ["SPECSEARCH_KERNELS": set])
            XCTAssertEqual(try chosen.json()["machine"]?["kernels"]?.string, set)
        }
        XCTAssertGreaterThanOrEqual(try XCTUnwrap(usual["processors"]?.int), 1)
    }

    func testPeopleReadTheSameFacts() throws {
        let result = try Command.specsearch.run(["inspect", "--model", TinyModels.folder("qwen3-grouped")])
        let words = result.lines.map { $0.split(separator: " ").map(String.init) }
        for fact in [
            ["model"], ["family", "qwen3"], ["width", "72"], ["keyValueHeads", "2"], ["tiesOutput", "true"],
        ] {
            XCTAssertTrue(words.contains(fact), result.standardOutput)
        }
    }

    func testEveryCommandExplainsItself() throws {
        for command in ["solve", "evaluate", "generate", "logits", "tokenize", "inspect", "bench", "bench-search"] {
            for arguments in [[command, "--help"], ["help", command]] {
                let result = try Command.specsearch.run(arguments)
                XCTAssertTrue(result.hasExited && result.status == 0, command)
                XCTAssertTrue(result.standardOutput.contains("USAGE: specsearch \(command)"), result.standardOutput)
            }
        }
        for command in [Command.specsearch, .convert] {
            let result = try command.run(["--help"])
            XCTAssertTrue(result.hasExited && result.status == 0)
            XCTAssertTrue(result.lines.joined(separator: " ").contains("Exit codes: 0 done"), result.standardOutput)
        }
    }
}
