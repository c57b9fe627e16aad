import Foundation
import JSON
import TestSupport
import XCTest

/// `specsearch solve --save` and `--resume`.
final class ResumeCommandTests: XCTestCase {
    private let question = "Which of 7 9 12 18 25 31 add up to 68?"

    private func tree(_ options: [String]) throws -> JSONValue? {
        try Command.specsearch.run(["solve", "--json", "--quiet"] + options).json()["thoughts"]
    }

    func testAKilledSearchGoesOnToTheSameTree() throws {
        let folder = try ModelCopy(of: TinyModels.folder("qwen3-single"))
        let file = folder.path(of: "search.json")
        for policy in ["plain", "paper", "selective"] {
            let options = [question, "--policy", policy, "--seed", "5"]
            let whole = try tree(options)
            try? FileManager.default.removeItem(atPath: file)
            let result = try Command.specsearch.run(["solve", "--quiet", "--save", file] + options) { process in
                let deadline = Date() + 20
                while Date() < deadline, !FileManager.default.fileExists(atPath: file) { usleep(500) }
                usleep(20_000)
                kill(process, SIGKILL)
            }
            XCTAssertEqual(result.standardOutput.isEmpty, !result.hasExited)
            XCTAssertEqual(try tree(["--resume", file, "--save", file]), whole, policy)
            // What has ended is shown once more.
            XCTAssertEqual(try tree(["--resume", file]), whole, policy)
        }
    }

    func testMemoryGoesFromQuestionToQuestion() throws {
        let folder = try ModelCopy(of: TinyModels.folder("qwen3-single"))
        let memory = folder.path(of: "memory.json")
        let solve = { (options: [String]) in
            try Command.specsearch.run(
                ["solve", self.question, "--policy", "selective", "--json", "--quiet", "--draft-first-level"] + options)
        }
        let first = { (result: Command.Result) in
            try XCTUnwrap(try result.json()["thoughts"]?.array?.first)["origin"]?.string
        }
        XCTAssertEqual(try first(solve(["--memory", memory])), "target", "nothing is known yet")
        let once = try Data(contentsOf: URL(fileURLWithPath: memory))
        XCTAssertEqual(try first(solve(["--memory", memory])), "draft")
        XCTAssertNotEqual(try Data(contentsOf: URL(fileURLWithPath: memory)), once)
        try Command.specsearch.assertRefuses(
            ["solve", question, "--quiet", "--memory", folder.path(of: "config.json")], code: 65,
            saying: "not the form that this version writes")
    }

    func testFilesThatAreNoSearchAreRefused() throws {
        let folder = try ModelCopy(of: TinyModels.folder("qwen3-single"))
        try folder.write("{\"format\":", to: "cut.json")
        let solve = { (arguments: [String], code: Int32, words: String) in
            try Command.specsearch.assertRefuses(["solve", "--quiet"] + arguments, code: code, saying: words)
        }
        try solve(["--resume", folder.path(of: "cut.json")], 65, "not JSON")
        try solve(["--resume", folder.path(of: "config.json")], 65, "not the form that this version writes")
        try solve(["--resume", folder.path(of: "none.json")], 66, "no such file")
        try solve([question, "--save", "/nowhere/at/all.json"], 64, "cannot be written")
    }
}
