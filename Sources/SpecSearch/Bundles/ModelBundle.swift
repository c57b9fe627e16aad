internal import ChatTemplates
public import Decoding
internal import Files
public import JSON

/// Models that reason together, and how to ask them: a folder with a `bundle.json`.
///
///     {
///       "target": "target", "draft": "draft", "reward": "reward",
///       "prompt": "Q: {question}\n", "separator": "\n", "answer": "The answer is {answer}.",
///       "stepToken": "<extra_0>",
///       "chatTemplate": "model", "system": "…", "templateOptions": {"enable_thinking": false}, "date": "2026-11-21",
///       "sampling": {"temperature": 0.8, "topK": 0, "topP": 1, "minP": 0},
///       "search": {"width": 6, "beams": 2, "depth": 16, "theta": 0.9, "thoughtTokens": 64}
///     }
///
/// `target`, `prompt`, `separator` and `answer` must be there, `sampling` and `search` with any of their members may. With
/// a `chatTemplate` (`model`, `chatml` or `llama3`; see `ChatPrompt`) the prompt is what the user says in a conversation,
/// after what a `system` message says; the reward model is asked by its own folder's template.
/// `draft`, `reward`, and with the latter `stepToken`, are for bundles that have such models. A causal model that judges
/// with one of two tokens is a reward model together with `"goodToken": "+", "badToken": "-"`. One that wants to read something
/// else than the other models says so in a `rewardFormat`, any of whose members may be left out:
///
///     "rewardFormat": {
///       "prompt": "{question}", "chatTemplate": "raw", "system": "…", "templateOptions": {}, "date": "2026-11-21",
///       "firstThought": " ", "nextThought": "\n", "afterThought": "", "trimsThoughts": true
///     }
public struct ModelBundle: Sendable, Hashable {
    /// The folder of the target model.
    public var target: String
    /// The folder of the draft model, or nil.
    public var draft: String?
    /// The folder of the reward model, or nil.
    public var reward: String?
    /// How the models want to be asked.
    public var format: PromptFormat
    /// How the reward model wants to read, or nil if the bundle has none.
    public let rewardFormat: RewardFormat?
    /// The tokens whose logits a causal reward model is judged by, or nil if it has a head of its own.
    public let verdictTokens: VerdictTokens?
    /// How thoughts are sampled unless a user says otherwise; nil if the file says nothing.
    public let sampling: SamplingParameters?
    /// The size of a search.
    public let search: SearchParameters

    /// Reads the bundle in a folder.
    ///
    /// - Throws: `BundleError.unreadable` or `.invalidJSON` for its `bundle.json`, else as `init(_:folder:)`.
    public init(folder: String) throws(BundleError) {
        let path = folder + "/bundle.json"
        let bytes: [UInt8]
        do {
            bytes = try InputFile(path: path, followsLinks: true).readAll(limit: 1 << 20)
        } catch {
            throw .unreadable(path: path, error)
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes, limits: JSONLimits(depth: 32, values: 10_000))
        } catch {
            throw .invalidJSON(path: path, error)
        }
        try self.init(json, folder: folder)
    }

    /// - Parameters:
    ///   - json: what the `bundle.json` says.
    ///   - folder: where it lies. The models' folders are inside of it; they are not opened here.
    /// - Throws: `BundleError.unknownKey`, `.invalidValue`, `.template`, `.needsTemplate`, `.unsafeFolder`, `.sampling`
    ///   or `.search` for a member that is not what it should be.
    public init(_ json: JSONValue, folder: String) throws(BundleError) {
        let file = try JSONFields(
            json,
            allowed: [
                "target", "draft", "reward", "prompt", "separator", "answer", "chatTemplate", "system",
                "templateOptions", "date", "stepToken", "goodToken", "badToken", "rewardFormat", "sampling", "search",
            ], failure: BundleError.init)
        target = try Self.inside(folder, key: "target", file.requiredText("target"))
        draft = try file.text("draft").map { name throws(BundleError) in
            try Self.inside(folder, key: "draft", name)
        }
        reward = try file.text("reward").map { name throws(BundleError) in
            try Self.inside(folder, key: "reward", name)
        }
        format = try PromptFormat(
            prompt: file.requiredText("prompt"), separator: file.requiredText("separator"),
            answer: file.requiredText("answer"), chat: ChatPrompt(file))
        rewardFormat = try RewardFormat(file, format)
        for key in ["stepToken", "rewardFormat"] where reward == nil {
            if let value = file.value(key) {
                throw .invalidValue(key: key, found: value.excerpt, expected: "none, since there is no reward")
            }
        }
        verdictTokens = try VerdictTokens(file)
        if let verdictTokens, reward == nil {
            throw .invalidValue(key: "goodToken", found: verdictTokens.good, expected: "none, since there is no reward")
        }
        sampling = try file.value("sampling").map { _ throws(BundleError) in
            try SamplingParameters(file.object("sampling", allowed: ["temperature", "topK", "topP", "minP"]))
        }
        search = try SearchParameters(
            file.object("search", allowed: ["width", "beams", "depth", "theta", "thoughtTokens"]))
    }

    /// The path of a model's folder; its name must not lead out of the bundle. Links are followed, since they are made
    /// by whoever owns the disk.
    private static func inside(_ folder: String, key: String, _ name: String) throws(BundleError) -> String {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isSafe = parts.allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
                && !part.contains { $0 < 0x20 || $0 == UInt8(ascii: "\\") }
        }
        guard isSafe else { throw .unsafeFolder(key: key, found: name) }
        return folder + "/" + name
    }
}

extension ChatPrompt {
    fileprivate init(_ file: JSONFields<BundleError>) throws(BundleError) {
        let name = try file.text("chatTemplate") ?? ChatTemplateChoice.raw.rawValue
        guard let template = ChatTemplateChoice(rawValue: name) else {
            throw .invalidValue(
                key: "chatTemplate", found: name,
                expected: ChatTemplateChoice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let options = file.value("templateOptions") ?? [:]
        guard let options = options.object else {
            throw .invalidValue(key: "templateOptions", found: options.kind, expected: "an object")
        }
        let date = try file.text("date").map { text throws(BundleError) in
            guard let date = TemplateDate(text) else {
                throw .invalidValue(key: "date", found: text, expected: "a day such as 2026-11-21")
            }
            return date
        }
        self.init(template: template, system: try file.text("system"), options: options, date: date)
        if let lost = lostWithoutTemplate { throw .needsTemplate(key: lost) }
    }
}

extension RewardFormat {
    /// Nil without a step token: then a scorer has to be given.
    fileprivate init?(_ file: JSONFields<BundleError>, _ usual: PromptFormat) throws(BundleError) {
        let fields = try file.object(
            "rewardFormat",
            allowed: [
                "prompt", "chatTemplate", "system", "templateOptions", "date", "firstThought", "nextThought",
                "afterThought", "trimsThoughts",
            ])
        guard let stepToken = try file.text("stepToken") else { return nil }
        let asks = ["prompt", "chatTemplate", "system", "templateOptions", "date"].contains { fields.value($0) != nil }
        self.init(
            prompt: try asks ? PromptFormat(fields, usual) : nil, firstThought: try fields.anyText("firstThought"),
            nextThought: try fields.anyText("nextThought"), afterThought: try fields.anyText("afterThought"),
            stepToken: stepToken, trimsThoughts: try fields.value("trimsThoughts", "true or false") { $0.bool } ?? false
        )
    }
}

extension PromptFormat {
    /// How a reward model is asked, with the separator and the mark of the other models.
    fileprivate init(_ fields: JSONFields<BundleError>, _ usual: PromptFormat) throws(BundleError) {
        self = usual
        chat = try ChatPrompt(fields)
        if let prompt = try fields.text("prompt") { try setPrompt(prompt) }
    }
}

extension VerdictTokens {
    fileprivate init?(_ file: JSONFields<BundleError>) throws(BundleError) {
        guard let good = try file.text("goodToken") else {
            guard let bad = try file.text("badToken") else { return nil }
            throw .invalidValue(key: "goodToken", found: "missing", expected: "a token, since badToken is \(bad)")
        }
        self.init(good: good, bad: try file.requiredText("badToken"))
        guard good != bad else {
            throw .invalidValue(key: "badToken", found: bad, expected: "another token than goodToken")
        }
    }
}

extension SamplingParameters {
    fileprivate init(_ file: JSONFields<BundleError>) throws(BundleError) {
        let temperature = try file.number("temperature", in: 0...1000, fallback: SearchOptions.usualTemperature)
        let topK = try file.integer("topK", fallback: 0)
        let topP = try file.number("topP", in: 0...1, fallback: 1)
        let minP = try file.number("minP", in: 0...1, fallback: 0)
        do {
            self = try SamplingParameters(temperature: temperature, topK: topK, topP: topP, minP: minP)
        } catch {
            throw .sampling(error)
        }
    }
}

extension SearchParameters {
    fileprivate init(_ file: JSONFields<BundleError>) throws(BundleError) {
        self.init()
        width = try file.integer("width", fallback: width)
        beams = try file.integer("beams", fallback: beams)
        depth = try file.integer("depth", fallback: depth)
        theta = try file.number("theta", in: 0...1, fallback: theta)
        thoughtTokens = try file.integer("thoughtTokens", fallback: thoughtTokens)
        do { try check() } catch { throw .search(error) }
    }
}
