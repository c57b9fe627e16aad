internal import JSON

/// One turn of a conversation.
public struct ChatMessage: Sendable, Hashable {
    /// Who speaks: `system`, `user` or `assistant`, or what else a template knows.
    public let role: String
    /// What is said.
    public let content: String

    /// - Parameters: the values of the properties, in their order.
    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }

    var json: JSONValue { ["role": .string(role), "content": .string(content)] }
}
