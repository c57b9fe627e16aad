internal import Tokenization

/// How a model family wants to be asked, where its thoughts end, and how it marks an answer.
public struct PromptFormat: Sendable, Hashable {
    /// What stands for the question in a prompt's template.
    static let placeholder = "{question}"

    /// What a prompt says before the question.
    public private(set) var beforeQuestion: String
    /// What a prompt says after the question.
    public private(set) var afterQuestion: String
    /// Who is asked: a model that continues a text, or one that answers in a conversation.
    public var chat: ChatPrompt
    /// What ends a thought, and belongs to it.
    public let separator: String
    private let answerMark: AnswerMark

    /// - Parameters:
    ///   - prompt: a text with `{question}` once.
    ///   - separator: any text but an empty one.
    ///   - answer: a text with `{answer}` once, and not at its start. See `answer(in:)`.
    ///   - chat: by default the prompt is a text to continue.
    /// - Throws: `BundleError.template` for other texts.
    public init(
        prompt: String, separator: String, answer: String, chat: ChatPrompt = .raw
    ) throws(BundleError) {
        let (before, after) = try Template.split(prompt, at: Self.placeholder, key: "prompt")
        beforeQuestion = String(decoding: before, as: UTF8.self)
        afterQuestion = String(decoding: after, as: UTF8.self)
        guard !separator.isEmpty else {
            throw .template(key: "separator", found: separator, expected: "a text that ends a thought")
        }
        self.separator = separator
        answerMark = try AnswerMark(template: answer)
        self.chat = chat
    }

    /// Asks with another prompt.
    ///
    /// - Throws: `BundleError.template` unless the text has `{question}` once.
    mutating func setPrompt(_ prompt: String) throws(BundleError) {
        let (before, after) = try Template.split(prompt, at: Self.placeholder, key: "prompt")
        beforeQuestion = String(decoding: before, as: UTF8.self)
        afterQuestion = String(decoding: after, as: UTF8.self)
    }

    /// The prompt that asks a question; in a conversation, what the user says.
    ///
    /// If thoughts are lines, so is the question: every run of white space in it becomes one blank, because a newline
    /// would begin the first thought. For other separators it stays as it is. White space around it is dropped.
    ///
    /// A question may spell special tokens of the model. Whoever tokenizes the prompt must take them for such only in
    /// `beforeQuestion` and `afterQuestion`.
    ///
    /// - Throws: `SearchError.emptyQuestion` if there is nothing but white space.
    public func prompt(for question: String) throws(SearchError) -> String {
        try beforeQuestion + normalized(question) + afterQuestion
    }

    /// A question as it stands in the prompt.
    ///
    /// - Throws: `SearchError.emptyQuestion` if there is nothing but white space.
    public func normalized(_ question: String) throws(SearchError) -> String {
        let text = question.trimmed
        guard !text.isEmpty else { throw .emptyQuestion }
        guard separator == "\n" else { return text }
        return text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String($0) }
            .joined(separator: " ")
    }

    /// The prompt in parts: special tokens of the model count in the template alone.
    ///
    /// - Throws: `SearchError.emptyQuestion` if there is nothing but white space.
    func parts(_ question: String) throws(SearchError) -> [PromptPart] {
        [
            PromptPart(beforeQuestion, holdsSpecialTokens: true),
            PromptPart(try normalized(question), holdsSpecialTokens: false),
            PromptPart(afterQuestion, holdsSpecialTokens: true),
        ]
    }

    /// The last answer that is marked in a text, without white space around it, or nil if there is none.
    ///
    /// For a mark that goes on with a closing brace, as `\boxed{{answer}}` does, the answer ends where braces balance.
    /// For another one it ends on the same line where the mark goes on: for a mark that ends in a full stop, where no
    /// letter or digit follows that; for a mark that does not go on, at the line's end.
    ///
    /// - Complexity: O(n) in the bytes of the text, times the length of the mark at worst.
    public func answer(in text: String) -> String? { answerMark.answer(in: text) }
}

extension String {
    /// The text without white space around it.
    var trimmed: String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
