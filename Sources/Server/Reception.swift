#if Server
import Decoding
import HTTPTypes
import Hummingbird
import JSON

/// What happens to every request before and after it is answered: who may come in, errors in one form, counting.
struct Reception: RouterMiddleware {
    typealias Context = BasicRequestContext

    /// What everybody may see.
    private static let open: Set<String> = ["/", "/health"]

    let key: AccessKey?
    /// Whether the server is for this machine alone. Then a page from elsewhere must not reach it under another name.
    let isLocal: Bool
    let metrics: ServerMetrics

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response: Response
        do {
            try admit(request)
            response = try await next(request, context)
        } catch {
            response = Reception.response(to: error)
        }
        if response.headers[.contentType] != Answering.eventStream {
            let path = context.endpointPath ?? "other"
            metrics.note(path, status: response.status.code, seconds: (ContinuousClock.now - start).seconds)
        }
        return response
    }

    private func admit(_ request: Request) throws(ServerError) {
        if isLocal, let host = request.head.authority, !Self.isLocal(host) {
            throw .invalid(
                "The host is \(host), expected this machine's own: this server answers nobody else.", status: 421)
        }
        guard let key, !Self.open.contains(request.uri.path) else { return }
        guard key.isShown(by: request.headers[.authorization]) else {
            throw ServerError(
                status: 401, kind: .authentication,
                message: "The key is missing or wrong. Send it as \"Authorization: Bearer KEY\".")
        }
    }

    private static func isLocal(_ authority: String) -> Bool {
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
    }

    /// The form of an error.
    static func response(to error: any Error) -> Response {
        if error is CancellationError {
            return Response(status: .init(code: 499, reasonPhrase: "Client Closed Request"))
        }
        let known: ServerError
        if let error = error as? any HTTPResponseError {
            let message =
                error.status == .contentTooLarge
                ? "The request is too long."
                : "There is nothing here: \(error.status.code) \(error.status.reasonPhrase)."
            known = ServerError(
                status: error.status.code, kind: error.status == .notFound ? .notFound : .invalidRequest,
                message: message)
        } else {
            known = ServerError(error)
        }
        var headers: HTTPFields = [:]
        if let seconds = known.retryAfter { headers[.retryAfter] = "\(seconds)" }
        if known.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        return Answering.response(known.json, status: .init(code: known.status), headers: headers)
    }
}
#endif
