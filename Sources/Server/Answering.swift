#if Server
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import SearchPage
import SpecSearch

/// What each path of the server answers.
struct Answering: Sendable {
    static let eventStream = "text/event-stream"
    private static let json = "application/json"
    /// What the page may do: nothing but ask this server.
    private static let pagePolicy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    /// How many bytes of an answer wait for its client at a time.
    private static let slice = 32_768
    private static let jsonLimits = JSONLimits(depth: 32, values: 200_000)

    let model: ServedModel
    let limits: ServerLimits
    let metrics = ServerMetrics()
    private let completions: Admission
    private let searches: Admission
    private let start = WallClock.now

    init(model: ServedModel, limits: ServerLimits) {
        self.model = model
        self.limits = limits
        completions = Admission(running: limits.completions, waiting: limits.waiting)
        searches = Admission(running: limits.searches, waiting: limits.waiting)
    }

    func addRoutes(to router: Router<BasicRequestContext>) {
        router.get("/") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/html; charset=utf-8", .contentSecurityPolicy: Self.pagePolicy],
                body: ResponseBody(byteBuffer: ByteBuffer(string: SearchPage.live)))
        }
        router.get("/health") { _, _ in Self.response(["status": "ok"]) }
        router.get("/metrics") { _, _ in
            let text = metrics.text(
                await model.scheduler.memory, model.scheduler.times,
                loads: [("completion", completions), ("search", searches)])
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
        router.get("/v1/models") { _, _ in Self.response(["object": "list", "data": [modelForm]]) }
        router.get("/v1/models/**") { _, context in
            guard PercentEncoding.decoded(context.parameters.getCatchAll().joined(separator: "/")) == model.name else {
                throw ServerError(status: 404, kind: .notFound, message: "There is no such model, only \(model.name).")
            }
            return Self.response(modelForm)
        }
        router.post("/v1/chat/completions") { request, _ in
            let (request, json) = try await arrived(request)
            return try await complete(
                request, CompletionRequest(chat: json, to: model, limits), path: "/v1/chat/completions")
        }
        router.post("/v1/completions") { request, _ in
            let (request, json) = try await arrived(request)
            return try await complete(
                request, CompletionRequest(text: json, to: model, limits), path: "/v1/completions")
        }
        router.post("/search") { request, _ in
            let (request, json) = try await arrived(request)
            return try await search(request, json)
        }
    }

    private var modelForm: JSONValue {
        ["id": .string(model.name), "object": "model", "created": .integer(start), "owned_by": "specsearch"]
    }

    // MARK: Requests

    /// The whole request as JSON, if it comes in time.
    private func arrived(_ request: Request) async throws -> (Request, JSONValue) {
        let type = request.headers[.contentType] ?? ""
        guard type.prefix(while: { $0 != ";" && $0 != " " }).lowercased() == Self.json else {
            throw ServerError.invalid(
                "The content type is \(JSONValue.string(type).excerpt), expected application/json.", status: 415)
        }
        let (limit, time) = (limits.bodyBytes, limits.arrival)
        let (whole, body) = try await withThrowingTaskGroup(of: (Request, ByteBuffer)?.self) { group in
            group.addTask {
                var request = request
                let body = try await request.collectBody(upTo: limit)
                return (request, body)
            }
            group.addTask {
                try await Task.sleep(for: time)
                return nil
            }
            defer { group.cancelAll() }
            guard let arrived = try await group.next() ?? nil else {
                throw ServerError.invalid("The request did not arrive within \(time).", status: 408)
            }
            return arrived
        }
        do { return (whole, try JSONValue(parsing: Array(body.readableBytesView), limits: Self.jsonLimits)) } catch {
            throw ServerError.invalid("The request is no JSON: \(error).")
        }
    }

    // MARK: Completions

    private func complete(_ request: Request, _ asked: CompletionRequest, path: String) async throws -> Response {
        let clock = ContinuousClock.now
        let form = CompletionForm(
            isChat: asked.isChat, number: String(UInt64.random(in: .min ... .max), radix: 16), created: WallClock.now,
            model: model)
        guard asked.isStreamed else {
            return try await whileConnected(request) {
                let permit = try await completions.permit()
                defer { withExtendedLifetime(permit) {} }
                let completion = try await Completion(asked, model, limits)
                let pieces = Collected<Completion.Piece>()
                let written = try await completion.run { pieces.append($0) }
                metrics.note(promptTokens: completion.promptTokens, completionTokens: written)
                return Self.response(
                    form.whole(pieces.all, promptTokens: completion.promptTokens, completionTokens: written))
            }
        }
        try completions.checkRoom()
        let completion = try await Completion(asked, model, limits)
        return events(request, path: path, since: clock) {
            $0.json
        } body: { write in
            let permit = try await completions.permit()
            defer { withExtendedLifetime(permit) {} }
            for opening in form.opening(choices: asked.choices * asked.prompts.count) { try await write(opening) }
            let (pieces, continuation) = AsyncStream<Completion.Piece>.makeStream()
            async let run = {
                defer { continuation.finish() }
                return try await completion.run { continuation.yield($0) }
            }()
            for await piece in pieces { try await write(form.part(piece)) }
            let written = try await run
            metrics.note(promptTokens: completion.promptTokens, completionTokens: written)
            if asked.includesUsage {
                try await write(form.usagePart(promptTokens: completion.promptTokens, completionTokens: written))
            }
        }
    }

    // MARK: Searches

    private func search(_ request: Request, _ json: JSONValue) async throws -> Response {
        guard let reasoner = model.reasoner else {
            throw ServerError.invalid(
                "This server has one model alone. Start it with --bundle DIR to search.", status: 404)
        }
        let clock = ContinuousClock.now
        let asked = try SearchRequest(json, reasoner, limits)
        guard asked.isStreamed else {
            return try await whileConnected(request) {
                let permit = try await searches.permit()
                defer { withExtendedLifetime(permit) {} }
                let answer = try await reasoner.answer(asked.question, options: asked.options)
                return Self.response(
                    answer.outcome.json(
                        question: asked.question, seed: asked.options.sampling.seed, seconds: answer.duration.seconds))
            }
        }
        try searches.checkRoom()
        return events(request, path: "/search", since: clock) { error in
            ["event": "error", "message": .string(error.message)]
        } body: { write in
            let permit = try await searches.permit()
            defer { withExtendedLifetime(permit) {} }
            var started: JSONObject = ["event": "started"]
            for member in SearchRecording.heading(asked.question, asked.options).members {
                started.set(member.name, member.value)
            }
            try await write(.object(started))
            let start = ContinuousClock.now
            var events = reasoner.events(for: asked.question, options: asked.options).makeAsyncIterator()
            var last: JSONValue?
            while let event = try await events.next() {
                let form = event.json(at: (ContinuousClock.now - start).seconds)
                // What it took is known when nothing follows.
                if case .finished = event { last = form } else { try await write(form) }
            }
            guard var finished = last?.object, let answer = events.answer else { return }
            for member in answer.costs.members { finished.set(member.name, member.value) }
            try await write(.object(finished))
        }
    }

    // MARK: Answers

    /// Does something that ends when the client goes away; its connection serves no other request.
    private func whileConnected(
        _ request: Request, _ work: @Sendable () async throws -> Response
    ) async throws -> Response {
        do {
            var response = try await request.body.consumeWithCancellationOnInboundClose { _ in try await work() }
            response.headers[.connection] = "close"
            return response
        } catch is CancellationError {
            metrics.noteDisconnect()
            throw CancellationError()
        } catch {
            var response = Reception.response(to: error)
            response.headers[.connection] = "close"
            return response
        }
    }

    /// An answer that comes as server-sent events; it ends when the client goes away.
    ///
    /// - Parameters:
    ///   - failure: the event that says what went wrong in the middle.
    ///   - body: writes the other events, each one line of JSON.
    private func events(
        _ request: Request, path: String, since start: ContinuousClock.Instant,
        failure: @escaping @Sendable (ServerError) -> JSONValue,
        body:
            @escaping @Sendable @concurrent (_ write: @concurrent (JSONValue) async throws -> Void) async throws -> Void
    ) -> Response {
        let headers: HTTPFields = [
            .contentType: Self.eventStream, .cacheControl: "no-store", .connection: "close",
        ]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                @concurrent func send(_ text: String) async throws {
                    try await writer.write(ByteBuffer(string: "data: \(text)\n\n"))
                }
                do {
                    try await request.body.consumeWithCancellationOnInboundClose { _ in
                        try await body { try await send($0.serialized()) }
                    }
                    try await send("[DONE]")
                } catch is CancellationError {
                    metrics.noteDisconnect()
                } catch {
                    try? await send(failure(ServerError(error)).serialized())
                }
                metrics.note(path, status: 200, seconds: (ContinuousClock.now - start).seconds)
                try await writer.finish(nil)
            })
    }

    static func response(
        _ json: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = Self.json
        return Response(status: status, headers: headers, body: body(ByteBuffer(string: json.serialized() + "\n")))
    }

    /// A long answer goes out slice by slice: a client that reads slowly, but does read, is not one that has stopped.
    private static func body(_ whole: ByteBuffer) -> ResponseBody {
        guard whole.readableBytes > Self.slice else { return ResponseBody(byteBuffer: whole) }
        return ResponseBody(contentLength: whole.readableBytes) { writer in
            var rest = whole
            while rest.readableBytes > 0, let part = rest.readSlice(length: min(Self.slice, rest.readableBytes)) {
                try await writer.write(part)
            }
            try await writer.finish(nil)
        }
    }
}
#endif
