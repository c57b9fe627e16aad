public import Files
public import JSON

/// Why a model cannot be asked by a chat template.
public enum ChatFormatError: Error, Hashable, Sendable {
    /// A file cannot be read.
    case unreadable(path: String, FileError)
    /// A file is not JSON.
    case invalidJSON(path: String, JSONError)
    /// A file's `chat_template` has no form that is known.
    case malformed(path: String, found: String)
    /// The model's folder brings no template.
    case noTemplate(folder: String)
    /// The model's tokenizer lacks a token that a template writes.
    case missingToken(String, template: ChatTemplateChoice)
    /// The template cannot be used.
    case template(path: String, TemplateError)
}

extension ChatFormatError: CustomStringConvertible {
    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .unreadable(let path, let error): "\(path): \(error)"
        case .invalidJSON(let path, let error): "\(path) is \(error). Fetch the file again."
        case .malformed(let path, let found):
            "\(path): chat_template is \(found), expected a text, or a list with {\"name\": \"default\", \"template\": …}. "
                + "Choose one of the templates chatml, llama3 or raw."
        case .noTemplate(let folder):
            "\(folder) has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json). Choose one of "
                + "the templates chatml, llama3 or raw."
        case .missingToken(let token, let template):
            "The template \(template.rawValue) needs the token \(token), which the model's tokenizer lacks. Choose another."
        case .template(let path, let error): "\(path): \(error)"
        }
    }
}
