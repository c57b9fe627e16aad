import CacheTree
import ChatTemplates
import Compute
import Foundation
import JSON
import TestSupport
import Tokenization
import Transformer
import XCTest

@testable import Decoding

/// Conversations: every turn says what asking afresh would say, at the price of the new turn alone.
final class ChatSessionTests: XCTestCase {
    private static let target = Result { try LanguageModel(contentsOf: TinyModels.bundled("qwen/target")) }
    private static let draft = Result { try LanguageModel(contentsOf: TinyModels.bundled("qwen/draft")) }
    private static let tokenizer = Result { try Tokenizer(contentsOf: TinyModels.bundled("qwen/target")) }
    private let folder = FileManager.default.temporaryDirectory.path + "/chat-\(UUID().uuidString)"
    private var file: String { folder + "/session.safetensors" }
    private let questions = [
        "Q: Max has 7 eggs. Max loses 3 eggs. How many eggs does Max have now?", "Q: Reach 14 from 3 9 12 14.",
        "Q: Reach 24 from 4 6 7 8.",
    ]

    override func setUpWithError() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let template = """
            {% for message in messages %}{% if message.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}\
            {{ message.content }}{{ '\\n' }}{% endfor %}
            """
        try Data(template.utf8).write(to: URL(fileURLWithPath: folder + "/chat_template.jinja"))
    }

    override func tearDownWithError() throws { try FileManager.default.removeItem(atPath: folder) }

    private func scheduler(mode: NumericMode = .init(), hasTokenizer: Bool = true) throws -> Scheduler {
        try Scheduler(
            target: Self.target.get(), draft: Self.draft.get(), tokenizer: hasTokenizer ? Self.tokenizer.get() : nil,
            thread: ComputeThread(threads: 2, mode: mode))
    }

    private func configuration(
        sampling: SamplingParameters = .greedy, drafters: Set<Drafter> = [], maxTokens: Int = 30
    ) throws -> ChatSession.Configuration {
        .init(
            format: try XCTUnwrap(ChatFormat(folder: folder)), sampling: sampling,
            // The models are made for one answer: without this they say nothing in later turns.
            endTokens: [], maxTokens: maxTokens, drafters: drafters)
    }

    private func sampled(_ seed: UInt64) throws -> SamplingParameters {
        try SamplingParameters(temperature: 1, seed: seed)
    }

    /// Waits until nothing is left of what was let go of.
    private func assertEmpty(_ scheduler: Scheduler, file: StaticString = #filePath, line: UInt = #line) async throws {
        for _ in 0..<200 where await scheduler.memory.bytesInUse > 0 { try await Task.sleep(for: .milliseconds(5)) }
        let bytes = await scheduler.memory.bytesInUse
        XCTAssertEqual(bytes, 0, file: file, line: line)
    }

    func testEveryTurnSaysWhatAskingAfreshSays() async throws {
        for configuration in [
            try configuration(), try configuration(sampling: sampled(5)),
            try configuration(sampling: sampled(6), drafters: [.model, .ngrams]),
        ] {
            let shared = try scheduler()
            let session = try ChatSession(scheduler: shared, configuration: configuration)
            var (said, known) = ([ChatMessage](), 0)
            for question in questions {
                let reply = try await session.respond(to: question)
                let afresh = try ChatSession(scheduler: scheduler(), configuration: configuration, messages: said)
                let expected = try await afresh.respond(to: question)
                XCTAssertEqual(reply.tokens, expected.tokens)
                XCTAssertEqual(reply.text, expected.text)
                XCTAssertEqual(reply.end, expected.end)
                XCTAssertFalse(reply.text.isEmpty)
                said += [.init(role: "user", content: question), .init(role: "assistant", content: reply.text)]
                let messages = await session.messages
                XCTAssertEqual(messages, said)
                // All that was in the last prompt is known; of the answer what is spelled as the model wrote it.
                if configuration.drafters.isEmpty {
                    XCTAssertLessThanOrEqual(reply.counters.targetRows, expected.counters.targetRows - known)
                }
                let prompt = said.dropLast().map { $0.content + "\n" }.joined()
                known = try Self.tokenizer.get().encode(prompt).count - 1
            }
        }
    }

    func testAStreamedAnswerIsTheWholeOne() async throws {
        let scheduler = try scheduler()
        let (whole, streamed) = (
            try ChatSession(scheduler: scheduler, configuration: configuration()),
            try ChatSession(scheduler: scheduler, configuration: configuration())
        )
        for question in questions {
            let reply = try await whole.respond(to: question)
            var pieces: [String] = []
            for try await piece in streamed.streamResponse(to: question) { pieces.append(piece) }
            XCTAssertEqual(pieces.joined(), reply.text)
            XCTAssertGreaterThan(pieces.count, 2)
            let messages = (await whole.messages, await streamed.messages)
            XCTAssertEqual(messages.0, messages.1)
        }
    }

    func testForksGoTheirOwnWaysAndShareThePast() async throws {
        let scheduler = try scheduler()
        let session = try ChatSession(scheduler: scheduler, configuration: configuration())
        _ = try await session.respond(to: questions[0])
        let before = await scheduler.memory.bytesInUse
        let fork = try await session.fork()
        let forked = await scheduler.memory.bytesInUse
        XCTAssertEqual(forked, before)
        let (first, second) = (questions[1], questions[2])
        async let left = session.respond(to: first)
        async let right = fork.respond(to: second)
        let replies = (try await left, try await right)
        let messages = (await session.messages, await fork.messages)
        XCTAssertEqual(messages.0.prefix(2), messages.1.prefix(2))
        XCTAssertEqual([messages.0[2].content, messages.1[2].content], [questions[1], questions[2]])
        XCTAssertEqual([messages.0[3].content, messages.1[3].content], [replies.0.text, replies.1.text])
        let unshared = await scheduler.memory.unsharedBytes, shared = await scheduler.memory.bytesInUse
        XCTAssertLessThan(Double(shared), 0.85 * Double(unshared))
    }

    func testSavedConversationsGoOnWhereTheyEnded() async throws {
        let configuration = try configuration(sampling: sampled(3))
        let old = try scheduler()
        let session = try ChatSession(scheduler: old, configuration: configuration)
        for question in questions.prefix(2) { _ = try await session.respond(to: question) }
        try await session.save(to: file)
        let new = try scheduler()
        let restored = try await ChatSession(contentsOf: file, scheduler: new, configuration: configuration)
        let messages = (await session.messages, await restored.messages)
        XCTAssertEqual(messages.0, messages.1)
        let expected = try await session.respond(to: questions[2])
        let reply = try await restored.respond(to: questions[2])
        XCTAssertEqual(reply.tokens, expected.tokens)
        XCTAssertEqual(reply.counters.targetRows, expected.counters.targetRows)
        // A conversation in which nothing was said yet.
        let opening = [ChatMessage(role: "system", content: "ä")]
        try await ChatSession(scheduler: old, configuration: configuration, messages: opening).save(to: file)
        let begun = try await ChatSession(contentsOf: file, scheduler: new, configuration: configuration)
        let begunMessages = await begun.messages
        XCTAssertEqual(begunMessages, opening)
    }

    func testFilesOfOthersAreRefused() async throws {
        let session = try ChatSession(scheduler: scheduler(), configuration: configuration())
        _ = try await session.respond(to: questions[0])
        try await session.save(to: file)
        func refusal(_ scheduler: Scheduler) async throws -> String {
            do {
                _ = try await ChatSession(contentsOf: file, scheduler: scheduler, configuration: configuration())
                return "accepted"
            } catch { return "\(error)" }
        }
        let rounded = try await refusal(scheduler(mode: .init(cache: .int8)))
        XCTAssertTrue(rounded.contains("cache is \"f32\", expected \"int8\""), rounded)
        let alone = try Scheduler(
            target: Self.target.get(), tokenizer: Self.tokenizer.get(), thread: ComputeThread(threads: 1))
        let other = try await refusal(alone)
        XCTAssertTrue(other.contains("models is"), other)
        // Keys and values without a conversation.
        let scheduler = try scheduler()
        let node = try await scheduler.open([1, 2, 3])
        for note in ["", "[]]", "{}", "[1]", "[{\"role\":\"user\"}]"] {
            try await scheduler.save([node], to: file, note: note)
            let none = try await refusal(scheduler)
            XCTAssertTrue(none.contains("no conversation"), none)
        }
        await scheduler.release([node])
        try await assertEmpty(scheduler)
        let missing = folder + "/none"
        do { try await session.save(to: missing + "/x") } catch { XCTAssertTrue("\(error)".contains(missing)) }
    }

    func testTheFingerprintTellsModelsApart() throws {
        let (target, draft) = (try Self.target.get(), try Self.draft.get())
        XCTAssertEqual(target.fingerprint, try LanguageModel(contentsOf: TinyModels.bundled("qwen/target")).fingerprint)
        XCTAssertNotEqual(target.fingerprint, draft.fingerprint)
        XCTAssertNotEqual(
            target.fingerprint,
            try LanguageModel(contentsOf: TinyModels.bundled("qwen/target"), precision: .int8).fingerprint)
        let copy = try ModelCopy(of: TinyModels.bundled("qwen/target"))
        try copy.setField("rms_norm_eps", to: 2e-6)
        XCTAssertNotEqual(target.fingerprint, try LanguageModel(contentsOf: copy.path).fingerprint)
        try copy.setField(
            "rms_norm_eps", to: try ModelCopy(of: TinyModels.bundled("qwen/target")).json("config.json")["rms_norm_eps"]
        )
        XCTAssertEqual(target.fingerprint, try LanguageModel(contentsOf: copy.path).fingerprint)
        try copy.changeFloats(of: "model.norm.weight", in: "model.safetensors") { $0[3] += 1e-6 }
        XCTAssertNotEqual(target.fingerprint, try LanguageModel(contentsOf: copy.path).fingerprint)
    }

    func testAConversationThatFailsIsAsItWas() async throws {
        let scheduler = try scheduler()
        let tools = [ChatMessage(role: "tool", content: "x")]
        let refused = try ChatSession(scheduler: scheduler, configuration: configuration(), messages: tools)
        do {
            _ = try await refused.respond(to: questions[0])
            XCTFail("the template refuses tools")
        } catch { XCTAssertTrue("\(error)".contains("no tools"), "\(error)") }
        let messages = await refused.messages
        XCTAssertEqual(messages, tools)
        let long = try ChatSession(scheduler: scheduler, configuration: configuration())
        do {
            _ = try await long.respond(to: String(repeating: "7 ", count: 4_000))
            XCTFail("the context is too short")
        } catch { XCTAssertTrue("\(error)".contains("context"), "\(error)") }
        try await assertEmpty(scheduler)
        XCTAssertThrowsError(
            try ChatSession(scheduler: self.scheduler(hasTokenizer: false), configuration: configuration()))
    }

    func testWhoStopsReadingCancelsTheAnswer() async throws {
        let scheduler = try scheduler()
        let session = try ChatSession(
            scheduler: scheduler,
            configuration: .init(format: try XCTUnwrap(ChatFormat(folder: folder)), endTokens: [], maxTokens: 900))
        for try await _ in session.streamResponse(to: questions[0]) { break }
        try await assertEmpty(scheduler)
        let messages = await session.messages
        XCTAssertTrue(messages.isEmpty)
        let reply = try await session.respond(to: questions[0])
        XCTAssertEqual(reply.tokens.count, 900)
    }

    func testOnlyOneAnswerAtATime() async throws {
        let session = try ChatSession(scheduler: scheduler(), configuration: configuration())
        let results = await withTaskGroup(of: Bool.self) { group in
            for question in questions {
                group.addTask { (try? await session.respond(to: question)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let turns = await session.messages.count
        XCTAssertEqual(turns, 2 * results)
        XCTAssertGreaterThan(results, 0)
    }

    func testASessionThatIsLetGoOfFreesItsMemory() async throws {
        let scheduler = try scheduler()
        do {
            let session = try ChatSession(scheduler: scheduler, configuration: configuration())
            _ = try await session.respond(to: questions[0])
            let fork = try await session.fork()
            _ = try await fork.respond(to: questions[1])
            let bytes = await scheduler.memory.bytesInUse
            XCTAssertGreaterThan(bytes, 0)
        }
        try await assertEmpty(scheduler)
    }
}
