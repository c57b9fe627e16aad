#if Server
import ArgumentParser
import ChatTemplates
import Compute
import Decoding
import Files
import Server
import SpecSearch
import Tokenization
import Transformer

/// `specsearch serve`: the models behind HTTP.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves models over HTTP: OpenAI's interface, searches, and a page that shows them.",
        discussion: """
            POST /v1/chat/completions and /v1/completions answer as OpenAI's interface does (stream, n, seed, logprobs, \
            stop), POST /search as solve does, with "stream": true its events as they happen. GET / is a page to search \
            from, /metrics is for Prometheus, /health for whoever watches.

            Nobody but this machine is let in, unless --host says otherwise. A key is read from the environment variable \
            SPECSEARCH_API_KEY or a file, so that no list of processes shows it.

            Examples:
              specsearch serve --bundle Weights/qwen
              specsearch serve --model Qwen3-4B --draft Qwen3-0.6B --port 8000
              curl http://127.0.0.1:8080/search -H 'content-type: application/json' \\
                -d '{"question": "Reach 24 from 4 6 7 8.", "policy": "paper"}'
            """)

    @Option(
        help: ArgumentHelp(
            "A folder with models that reason together; by default Weights/qwen if there is no --model.",
            valueName: "dir"),
        completion: .directory)
    var bundle: String?

    @Option(
        help: ArgumentHelp("A single model in place of a bundle: completions only.", valueName: "dir"),
        completion: .directory)
    var model: String?

    @Option(
        help: ArgumentHelp("A smaller model that proposes tokens to --model.", valueName: "dir"), completion: .directory
    )
    var draft: String?

    @Option(help: "What clients call the model; by default the name of its folder.")
    var name: String?

    @Option(
        help: "\(ChatTemplateChoice.help) By default what the bundle says; with --model the model's own, if it has one."
    )
    var chatTemplate: ChatTemplateChoice?

    @Option(help: "The address to listen at.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 for any that is free.")
    var port = 8080

    @Option(
        help: ArgumentHelp("A file whose first line is the key that clients must show.", valueName: "file"),
        completion: .file())
    var keyFile: String?

    @Option(help: "Completions at a time; others wait.")
    var completions = ServerLimits().completions

    @Option(help: "Searches at a time; others wait.")
    var searches = ServerLimits().searches

    @Option(help: "Requests that may wait; more are told to come back.")
    var waiting = ServerLimits().waiting

    @Option(help: "The most tokens of one text.")
    var maxTokens = ServerLimits().tokens

    @OptionGroup(title: "Computing")
    var computing: ComputeArguments

    func validate() throws {
        guard bundle == nil || model == nil else { throw ValidationError("Give either --bundle or --model.") }
        guard draft == nil || model != nil else {
            throw ValidationError("--draft needs --model; a bundle has its own.")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("--port is \(port), expected 0 to 65535.") }
        let counts = [("completions", completions), ("searches", searches), ("max-tokens", maxTokens)]
        for (name, value) in counts where !(1...1_000_000).contains(value) {
            throw ValidationError("--\(name) is \(value), expected 1 to 1000000.")
        }
        guard (0...1_000_000).contains(waiting) else {
            throw ValidationError("--waiting is \(waiting), expected 0 to 1000000.")
        }
    }

    func run() async throws {
        computing.warn()
        let address = HTTPServer.Address(host: host, port: port)
        let key = try key()
        let served: ServedModel
        if let model { served = try await single(model) } else { served = try await together(bundle ?? "Weights/qwen") }
        if key == nil, !address.isLocal {
            Terminal.standardError.write(
                "specsearch: \(host) can be reached from other machines, and there is no key. Set SPECSEARCH_API_KEY or "
                    + "give --key-file.\n")
        }
        let server = HTTPServer(model: served, limits: limits, address: address, key: key) { port in
            let shown = host.contains(":") ? "[\(host)]" : host
            Terminal.standardError.write("specsearch: \(served.name) is at http://\(shown):\(port)\n")
        }
        do { try await server.run() } catch {
            throw ValidationError("Cannot listen at \(host):\(port): \(error). Choose another --host or --port.")
        }
    }

    private var limits: ServerLimits {
        var limits = ServerLimits()
        limits.completions = completions
        limits.searches = searches
        limits.waiting = waiting
        limits.tokens = maxTokens
        limits.heldTokens = max(limits.heldTokens, maxTokens)
        limits.connections = max(limits.connections, completions + searches + 2 * waiting + 64)
        return limits
    }

    /// What clients have to show, if anything.
    private func key() throws -> String? {
        let given: String?
        if let keyFile {
            let bytes: [UInt8]
            do { bytes = try InputFile(path: keyFile, followsLinks: true).readAll(limit: 4096) } catch {
                throw ValidationError("--key-file \(keyFile): \(error)")
            }
            given = String(
                decoding: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        } else {
            given = EnvironmentVariable.value("SPECSEARCH_API_KEY")
        }
        guard let key = given else { return nil }
        guard !key.isEmpty, !key.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else {
            throw ValidationError("The key is empty or has other than visible ASCII characters.")
        }
        return key
    }

    /// The name of a model's folder.
    private func name(of folder: String) -> String {
        name ?? folder.split(separator: "/").last.map(String.init) ?? "model"
    }

    private var fingerprint: String {
        let mode = computing.mode
        return
            "\(InstructionSet.current.rawValue)-\(mode.prefill.rawValue)-\(mode.activations.rawValue)-\(mode.cache.rawValue)"
    }

    /// A bundle, which searches and completes with the same models.
    private func together(_ folder: String) async throws -> ServedModel {
        let progress = ProgressLine("loading \(folder)")
        defer { progress.clear() }
        var configuration = computing.configuration
        configuration.passCosts = .ofUser
        let reasoner = try await Reasoner(bundle: folder, configuration: configuration) { progress.show($0) }
        let target = reasoner.bundle.target
        let tokenizer = try Tokenizer(contentsOf: target)
        return try ServedModel(
            name: name(of: folder), fingerprint: fingerprint, scheduler: reasoner.scheduler,
            chat: try chat(target, tokenizer, choice: chatTemplate ?? reasoner.bundle.format.chat.template),
            endTokens: reasoner.endTokens, sampling: try SamplingParameters(),
            drafters: reasoner.bundle.draft == nil ? [] : [.model], reasoner: reasoner)
    }

    /// A model of its own.
    private func single(_ folder: String) async throws -> ServedModel {
        let models = try ModelPair(folder, draft: draft, threads: computing.threads)
        let (target, tokenizer) = (models.target, try models.tokenizer())
        let scheduler = try await models.scheduler(tokenizer, computing, calibrates: draft != nil)
        return try ServedModel(
            name: name(of: folder), fingerprint: fingerprint, scheduler: scheduler,
            chat: try chat(folder, tokenizer, choice: chatTemplate), endTokens: Set(target.configuration.endTokens),
            sampling: try target.configuration.suggestedSampling.map { try SamplingParameters($0) }
                ?? SamplingParameters(),
            drafters: draft == nil ? [] : [.model], reasoner: nil)
    }

    private func chat(_ folder: String, _ tokenizer: Tokenizer, choice: ChatTemplateChoice?) throws -> ChatFormat? {
        guard let choice else { return try ChatFormat(folder: folder) }
        return try ChatFormat(choice, folder: folder, tokenizer: tokenizer)
    }
}
#else
import ArgumentParser

/// Says how to get the server to who asks a program without it.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough)
    var ignored: [String] = []

    func run() throws {
        throw ValidationError(
            "This program was built without the server. Build it with: swift build -c release --traits Server")
    }
}
#endif
