internal import ChatTemplates
public import Tokenization

/// Turns questions into the tokens of one model's prompts.
public struct PromptEncoder: Sendable {
    /// The model's tokenizer.
    public let tokenizer: Tokenizer
    private let format: PromptFormat
    private let chat: ChatFormat?

    /// - Parameters:
    ///   - format: how the model wants to be asked.
    ///   - folder: the model's folder, which may bring a chat template.
    ///   - tokenizer: the model's tokenizer.
    /// - Throws: `ReasonerError.chatFormat`.
    public init(_ format: PromptFormat, folder: String, tokenizer: Tokenizer) throws(ReasonerError) {
        if let lost = format.chat.lostWithoutTemplate { throw .bundle(.needsTemplate(key: lost)) }
        do { chat = try ChatFormat(format.chat.template, folder: folder, tokenizer: tokenizer) } catch {
            throw .chatFormat(error)
        }
        self.format = format
        self.tokenizer = tokenizer
    }

    /// Tokens that end an answer besides those that the model's own files name.
    var endTokens: [Int32] { [chat?.endOfTurn].compactMap { $0 } }

    /// The tokens of the prompt that asks a question. A question that spells special tokens stays text.
    ///
    /// - Throws: `ReasonerError.search` for an empty question, `.chatTemplate` if the template refuses.
    public func tokens(of question: String) throws(ReasonerError) -> [Int32] {
        guard let chat else { return tokenizer.encode(try parts(question)) }
        let text = try parts(question).map(\.text).joined()
        do {
            return tokenizer.encode(
                try chat.prompt(format.chat.messages(text), options: format.chat.options, date: format.chat.date),
                addsPrefix: false)
        } catch { throw .chatTemplate(error) }
    }

    private func parts(_ question: String) throws(ReasonerError) -> [PromptPart] {
        do { return try format.parts(question) } catch { throw .search(error) }
    }
}
