import JSON

/// A token that stands beside the merges: its text is matched as a whole, in text that may hold such tokens.
struct AddedToken: Sendable {
    /// The text, as it stands in the input.
    let text: String
    /// The id as the file gives it; `Vocabulary` checks it.
    let identifier: Int
    /// Whether it is a control token, left out when text is made for people.
    let isSpecial: Bool
    /// Whether it is matched in normalised text instead of the text as given.
    let isNormalized: Bool

    /// The longest text of an added token, in bytes; published ones have up to 60. Looking for one in a text takes so
    /// many steps for each byte at worst.
    static let longestText = 256
    /// The texts of all added tokens together, in bytes.
    static let longestTexts = 1 << 20

    /// Reads the list `added_tokens`; an absent list is an empty one.
    ///
    /// - Throws: `malformed`, `invalidAddedToken`, and `unsupported` for the flags `lstrip`, `rstrip` and `single_word`.
    static func list(parsing value: JSONValue?) throws(TokenizerError) -> [AddedToken] {
        guard let value, value != .null else { return [] }
        guard let elements = value.array else {
            throw .malformed(field: "added_tokens", found: value.kind, expected: "an array")
        }
        var tokens: [AddedToken] = []
        var names: Set<ExactName> = []
        var length = 0
        for (index, element) in elements.enumerated() {
            let token = try AddedToken(parsing: element, field: "added_tokens[\(index)]")
            guard names.insert(ExactName(token.text)).inserted else {
                throw .invalidAddedToken(text: token.text, reason: "is listed twice")
            }
            length += token.text.utf8.count
            guard length <= longestTexts else {
                throw .invalidAddedToken(text: token.text, reason: "is beyond \(longestTexts) bytes of added tokens")
            }
            tokens.append(token)
        }
        return tokens
    }

    private init(parsing value: JSONValue, field: String) throws(TokenizerError) {
        guard let text = value["content"]?.string, let identifier = value["id"]?.int else {
            throw .malformed(field: field, found: value.excerpt, expected: "an object with content and id")
        }
        guard !text.isEmpty else { throw .invalidAddedToken(text: text, reason: "is empty") }
        guard text.utf8.count <= AddedToken.longestText else {
            let start = String(decoding: text.utf8.prefix(32), as: UTF8.self)
            throw .invalidAddedToken(text: start + "…", reason: "is longer than \(AddedToken.longestText) bytes")
        }
        for flag in ["lstrip", "rstrip", "single_word"] where try value.flag(flag, of: field) == true {
            throw .unsupported(field: "\(field).\(flag) of \"\(text)\"", found: "true", supported: "false")
        }
        guard let isSpecial = try value.flag("special", of: field) else {
            throw .malformed(field: "\(field).special", found: "absent", expected: "true or false")
        }
        self.text = text
        self.identifier = identifier
        self.isSpecial = isSpecial
        isNormalized = try value.flag("normalized", of: field) ?? !isSpecial
    }
}
