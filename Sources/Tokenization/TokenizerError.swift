public import Files
public import JSON

/// Why a tokenizer cannot be loaded.
///
/// Every case says what was found where; `description` adds what was expected and what to do about it.
public enum TokenizerError: Error, Hashable, Sendable {
    /// A file cannot be read.
    case unreadable(path: String, FileError)
    /// A file is not JSON.
    case invalidJSON(path: String, JSONError)
    /// A field is absent or has a form that the format does not allow.
    case malformed(field: String, found: String, expected: String)
    /// A field asks for something that other tokenizers have and this package does not.
    case unsupported(field: String, found: String, supported: String)
    /// The pre-tokeniser splits text by a pattern that is not known here.
    case unknownPattern(String)
    /// An id is negative or too large.
    case tokenOutOfRange(text: String, token: Int)
    /// Two texts share an id.
    case duplicateToken(token: Int32, texts: [String])
    /// An id below the largest one belongs to no text.
    case missingToken(token: Int32, vocabularySize: Int)
    /// No ordinary token spells this byte, so some texts could not be encoded.
    case missingByte(UInt8)
    /// A merge names a text that is no token, or an empty one.
    case absentMergeToken(merge: Int, text: String)
    /// An added token cannot be used.
    case invalidAddedToken(text: String, reason: String)
    /// A template or a configuration names a token that the vocabulary does not have.
    case unknownToken(field: String, text: String)
}

extension TokenizerError: CustomStringConvertible {
    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .unreadable(let path, let error):
            "\(path): \(error) Give a folder with a tokenizer.json, or that file."
        case .invalidJSON(let path, let error):
            "\(path) is \(error). Fetch the file again."
        case .malformed(let field, let found, let expected):
            "tokenizer.json: \(field) is \(found), expected \(expected). \(TokenizerError.saveAgain)"
        case .unsupported(let field, let found, let supported):
            "tokenizer.json: \(field) is \(found); supported: \(supported). Use a Qwen2, Qwen3 or Llama 3 tokenizer."
        case .unknownPattern(let pattern):
            "tokenizer.json: pre_tokenizer splits by the unknown pattern \(pattern). Known are those of Qwen and Llama 3."
        case .tokenOutOfRange(let text, let token):
            "tokenizer.json: \"\(text)\" has the id \(token), expected 0 to \(Vocabulary.largestToken)."
        case .duplicateToken(let token, let texts):
            "tokenizer.json: the id \(token) belongs to \(TokenizerError.list(texts)), expected one text per id."
        case .missingToken(let token, let size):
            "tokenizer.json: no text has the id \(token), expected ids without gaps up to \(size - 1)."
        case .missingByte(let byte):
            "tokenizer.json: no ordinary token spells the byte \(byte), expected all 256. \(TokenizerError.saveAgain)"
        case .absentMergeToken(let merge, let text):
            "tokenizer.json: merge \(merge) needs the token \"\(text)\", which the vocabulary lacks."
        case .invalidAddedToken(let text, let reason):
            "tokenizer.json: the added token \"\(text)\" \(reason)."
        case .unknownToken(let field, let text):
            "\(field) names \"\(text)\", which is no token of tokenizer.json. Take both files from the same model."
        }
    }

    private static let saveAgain = "Save it again with the tokenizers library."

    private static func list(_ texts: [String]) -> String {
        texts.map { "\"\($0)\"" }.joined(separator: " and ")
    }
}
