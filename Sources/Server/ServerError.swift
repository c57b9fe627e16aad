import ChatTemplates
import Decoding
import JSON
import SpecSearch

/// Why a request is not answered, in the form of OpenAI's interface: a status, what was wrong, and what to do next.
struct ServerError: Error, Sendable, Hashable {
    /// What kind of error it is.
    enum Kind: String, Sendable {
        case invalidRequest = "invalid_request_error"
        case authentication = "authentication_error"
        case notFound = "not_found_error"
        case overloaded = "rate_limit_error"
        case server = "server_error"
    }

    let status: Int
    let kind: Kind
    let message: String
    /// The member of the request that is to blame.
    var parameter: String?
    /// After how many seconds it may be worth trying again.
    var retryAfter: Int?

    /// A request that never can be answered.
    static func invalid(_ message: String, parameter: String? = nil, status: Int = 400) -> ServerError {
        ServerError(status: status, kind: .invalidRequest, message: message, parameter: parameter)
    }

    /// `{"error": {"message", "type", "param", "code"}}`.
    var json: JSONValue {
        [
            "error": [
                "message": .string(message), "type": .string(kind.rawValue),
                "param": parameter.map { .string($0) } ?? .null, "code": .null,
            ]
        ]
    }
}

extension ServerError {
    /// What is wrong with a member of the request.
    init(_ problem: JSONFieldProblem) {
        switch problem {
        case .unknownKey(let key, let allowed):
            self = .invalid(
                "There is no \(JSONValue.string(key).excerpt) here. Leave it out; known are \(allowed.joined(separator: ", ")).",
                parameter: key)
        case .invalidValue(let key, let found, let expected):
            self = .invalid("\(key) is \(found), expected \(expected).", parameter: key)
        }
    }

    /// What the models say to a request.
    init(_ error: DecodingError) {
        switch error {
        case .emptyPrompt, .unknownToken, .contextTooLong, .sampling: self = .invalid("\(error)")
        case .memory:
            self.init(status: 503, kind: .server, message: "\(error)", retryAfter: 1)
        default: self.init(status: 500, kind: .server, message: "\(error)")
        }
    }

    /// What a search says to one.
    init(_ error: ReasonerError) {
        switch error {
        case .search(.invalidParameter), .search(.unsupported), .search(.emptyQuestion), .noDraftModel, .noScorer,
            .chatTemplate:
            self = .invalid("\(error)")
        case .generation(let error): self.init(error)
        default: self.init(status: 500, kind: .server, message: "\(error)")
        }
    }

    /// Whatever went wrong.
    init(_ error: any Error) {
        switch error {
        case let error as ServerError: self = error
        case let error as DecodingError: self.init(error)
        case let error as ReasonerError: self.init(error)
        case let error as TemplateError: self = .invalid("\(error)", parameter: "messages")
        default: self.init(status: 500, kind: .server, message: "\(error)")
        }
    }
}
