public import ChatTemplates

/// Why a conversation cannot go on.
public enum ChatSessionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The session is answering already.
    case busy
    /// The chat template refuses the conversation.
    case template(TemplateError)
    /// The model cannot answer.
    case decoding(DecodingError)
    /// A file holds no conversation.
    case noConversation(path: String)

    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .busy: "The session is still answering. Wait for the answer, or fork the session before you ask."
        case .template(let error): "The chat template refuses the conversation: \(error)"
        case .decoding(let error): "\(error)"
        case .noConversation(let path):
            "\(path) holds keys and values, but no conversation. Restore it with Scheduler.restore, or save a ChatSession."
        }
    }
}
