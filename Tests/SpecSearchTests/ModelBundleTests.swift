import ChatTemplates
import JSON
import SpecSearch
import XCTest

final class ModelBundleTests: XCTestCase {
    private let smallest: JSONValue = [
        "target": "target", "prompt": "Q: {question}\n", "separator": "\n", "answer": "The answer is {answer}.",
    ]

    func testWholeBundleIsRead() throws {
        let json = try JSONValue(
            parsing: #"""
                {"target": "target", "draft": "models/draft", "reward": "reward", "prompt": "Q: {question}\n",
                 "separator": "\n", "answer": "The answer is {answer}.", "stepToken": "<extra_0>",
                 "sampling": {"temperature": 0.7, "topK": 20, "topP": 0.9, "minP": 0.05},
                 "search": {"width": 4, "beams": 3, "depth": 10, "theta": 0.8, "thoughtTokens": 32}}
                """#)
        let bundle = try ModelBundle(json, folder: "family")
        XCTAssertEqual(bundle.target, "family/target")
        XCTAssertEqual(bundle.draft, "family/models/draft")
        XCTAssertEqual(bundle.reward, "family/reward")
        XCTAssertEqual(bundle.rewardFormat, RewardFormat(stepToken: "<extra_0>"))
        XCTAssertEqual(bundle.sampling, try SamplingParameters(temperature: 0.7, topK: 20, topP: 0.9, minP: 0.05))
        XCTAssertEqual(
            bundle.search, try SearchParameters(width: 4, beams: 3, depth: 10, theta: 0.8, thoughtTokens: 32))
        XCTAssertEqual(try bundle.format.prompt(for: "1 + 1?"), "Q: 1 + 1?\n")
        XCTAssertEqual(bundle.format.answer(in: "The answer is 2."), "2")
    }

    func testBoxedAnswerOfPublishedModelsIsRead() throws {
        let json = try JSONValue(
            parsing: #"{"target":"t","prompt":"{question}","separator":"\n\n","answer":"\\boxed{{answer}}"}"#)
        XCTAssertEqual(try ModelBundle(json, folder: ".").format.answer(in: #"\boxed{\frac12}"#), #"\frac12"#)
    }

    func testOnlyTheTargetAndThePromptFormatAreNeeded() throws {
        let bundle = try ModelBundle(smallest, folder: "family")
        XCTAssertNil(bundle.draft)
        XCTAssertNil(bundle.reward)
        XCTAssertNil(bundle.sampling)
        XCTAssertEqual(bundle.format.chat, .raw)
        XCTAssertEqual(bundle.search, SearchParameters())
        for key in ["target", "prompt", "separator", "answer"] {
            XCTAssertThrowsError(try ModelBundle(smallest.without(key), folder: "family")) {
                XCTAssertEqual(
                    $0 as? BundleError, .invalidValue(key: key, found: "missing", expected: "a text"))
            }
        }
    }

    func testChatTemplateIsRead() throws {
        let chat = smallest.with("chatTemplate", "model").with("system", "Think.")
            .with("templateOptions", ["enable_thinking": false])
        let options = try XCTUnwrap(chat["templateOptions"]?.object)
        XCTAssertEqual(
            try ModelBundle(chat, folder: ".").format.chat,
            ChatPrompt(template: .model, system: "Think.", options: options))
        let wrong: [(String, JSONValue)] = [
            ("chatTemplate", chat.with("chatTemplate", "vicuna")), ("system", chat.with("system", 1)),
            ("templateOptions", chat.with("templateOptions", [])), ("date", chat.with("date", "2026-13-01")),
            ("date", chat.with("date", "today")),
        ]
        for (key, json) in wrong {
            XCTAssertThrowsError(try ModelBundle(json, folder: ".")) {
                guard case .invalidValue(key, _, _)? = $0 as? BundleError else { return XCTFail("\($0)") }
            }
        }
    }

    func testWhatOnlyAConversationHasNeedsATemplate() {
        let lost: [(String, JSONValue)] = [
            ("system", "Think."), ("templateOptions", ["a": 1]), ("date", "2026-11-21"),
        ]
        for (key, value) in lost {
            XCTAssertThrowsError(try ModelBundle(smallest.with(key, value), folder: ".")) {
                XCTAssertEqual($0 as? BundleError, .needsTemplate(key: key))
            }
        }
    }

    func testRewardModelsMayReadInAFormatOfTheirOwn() throws {
        let reward = smallest.with("reward", "reward").with("stepToken", "x")
        let format: JSONValue = [
            "prompt": "Judge {question}:", "chatTemplate": "chatml", "system": "Be strict.", "firstThought": "a",
            "nextThought": "b", "afterThought": "c", "trimsThoughts": true,
        ]
        let bundle = try ModelBundle(reward.with("rewardFormat", format), folder: ".")
        let found = try XCTUnwrap(bundle.rewardFormat)
        XCTAssertEqual(found.prompt?.beforeQuestion, "Judge ")
        XCTAssertEqual(found.prompt?.chat.system, "Be strict.")
        XCTAssertEqual(found.prompt?.separator, bundle.format.separator)
        XCTAssertEqual(
            [found.firstThought, found.nextThought, found.afterThought, found.stepToken], ["a", "b", "c", "x"])
        XCTAssertTrue(found.trimsThoughts)
        XCTAssertNil(
            try ModelBundle(reward.with("rewardFormat", ["firstThought": "a"]), folder: ".").rewardFormat?.prompt)
        let wrong: [(JSONValue, String)] = [
            (["trimsThoughts": 1], "rewardFormat.trimsThoughts"), (["nextThought": 1], "rewardFormat.nextThought"),
            (["prompt": ""], "rewardFormat.prompt"), ([], "rewardFormat"),
        ]
        for (format, name) in wrong {
            XCTAssertThrowsError(try ModelBundle(reward.with("rewardFormat", format), folder: ".")) {
                guard case .invalidValue(name, _, _)? = $0 as? BundleError else { return XCTFail("\(name): \($0)") }
            }
        }
        XCTAssertThrowsError(try ModelBundle(reward.with("rewardFormat", ["system": "a"]), folder: "."))
        XCTAssertThrowsError(try ModelBundle(reward.with("rewardFormat", ["after": "a"]), folder: "."))
        XCTAssertThrowsError(try ModelBundle(smallest.with("rewardFormat", [:]), folder: "."))
    }

    func testModelFoldersCannotLeaveTheBundle() {
        let names = [
            "..", "../target", "a/../../b", "/models/target", "a//b", "a/", ".", "a/./b", "a\\..\\b", "a\u{0}b",
        ]
        for name in names {
            for key in ["target", "draft", "reward"] {
                XCTAssertThrowsError(try ModelBundle(smallest.with(key, .string(name)), folder: "family"), name) {
                    XCTAssertEqual($0 as? BundleError, .unsafeFolder(key: key, found: name))
                }
            }
        }
        XCTAssertNoThrow(try ModelBundle(smallest.with("target", "..target/v1.5"), folder: "family"))
    }

    func testUnknownKeysAreRefusedByName() {
        let broken: [(JSONValue, String)] = [
            (smallest.with("temperature", 1), "temperature"),
            (smallest.with("sampling", ["heat": 1]), "sampling.heat"),
            (smallest.with("search", ["tokenBudget": 1]), "search.tokenBudget"),
        ]
        for (json, name) in broken {
            XCTAssertThrowsError(try ModelBundle(json, folder: "family")) {
                guard case .unknownKey(name, _)? = $0 as? BundleError else { return XCTFail("\($0)") }
                XCTAssertTrue("\($0)".contains(name))
            }
        }
    }

    func testWrongValuesAreRefusedByName() {
        let broken: [(JSONValue, String)] = [
            (smallest.with("draft", 3), "draft"), (smallest.with("separator", ""), "separator"),
            (smallest.with("stepToken", "<extra_0>"), "stepToken"), (smallest.with("badToken", "-"), "goodToken"),
            (smallest.with("goodToken", "+"), "badToken"),
            (smallest.with("goodToken", "+").with("badToken", "+"), "badToken"),
            (smallest.with("goodToken", "+").with("badToken", "-"), "goodToken"),
            (smallest.with("sampling", []), "sampling"),
            (smallest.with("sampling", ["temperature": -1]), "sampling.temperature"),
            (smallest.with("sampling", ["topK": 1.5]), "sampling.topK"),
            (smallest.with("sampling", ["topP": "1"]), "sampling.topP"),
            (smallest.with("search", ["theta": 2]), "search.theta"),
            (smallest.with("search", ["width": -1]), "search.width"), ([], "the file"),
        ]
        for (json, name) in broken {
            XCTAssertThrowsError(try ModelBundle(json, folder: "family")) {
                guard case .invalidValue(name, _, _)? = $0 as? BundleError else { return XCTFail("\(name): \($0)") }
                XCTAssertTrue("\($0)".contains(name))
            }
        }
        XCTAssertThrowsError(try ModelBundle(smallest.with("search", ["width": 0]), folder: "family")) {
            guard case .search(.invalidParameter("width", _, _))? = $0 as? BundleError else { return XCTFail("\($0)") }
        }
    }

    func testFolderWithoutABundleIsRefusedWithItsPath() {
        XCTAssertThrowsError(try ModelBundle(folder: "no-such-folder")) {
            guard case .unreadable("no-such-folder/bundle.json", _)? = $0 as? BundleError else {
                return XCTFail("\($0)")
            }
        }
    }

    func testBundleIsReadFromItsFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bundle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("bundle.json")
        try Data(smallest.serialized().utf8).write(to: file)
        XCTAssertEqual(try ModelBundle(folder: folder.path).target, folder.path + "/target")
        try Data("{".utf8).write(to: file)
        XCTAssertThrowsError(try ModelBundle(folder: folder.path)) {
            guard case .invalidJSON(file.path, _)? = $0 as? BundleError else { return XCTFail("\($0)") }
        }
    }
}

extension JSONValue {
    fileprivate func with(_ key: String, _ value: JSONValue) -> JSONValue {
        var members = object ?? JSONObject()
        members.set(key, value)
        return .object(members)
    }

    fileprivate func without(_ key: String) -> JSONValue {
        var members = JSONObject()
        for member in object?.members ?? [] where member.name != key { members.set(member.name, member.value) }
        return .object(members)
    }
}
