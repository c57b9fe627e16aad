/// Why a chat template cannot be used, or not with these messages. Lines count from 1.
public enum TemplateError: Error, Hashable, Sendable {
    /// The template is not in the language of templates.
    case syntax(line: Int, found: String, expected: String)
    /// The template uses a part of the language that is not built here.
    case unsupported(line: Int, feature: String)
    /// Something that is not there is needed.
    case undefined(line: Int, name: String)
    /// An operation meets a value that it has no meaning for.
    case mismatch(line: Int, found: String, expected: String)
    /// The template refuses these messages.
    case raised(line: Int, message: String)
    /// Rendering takes more than it may.
    case limit(line: Int, resource: String, limit: Int)
}

extension TemplateError: CustomStringConvertible {
    /// What was found, what was expected, and what to do next.
    public var description: String {
        switch self {
        case .syntax(let line, let found, let expected):
            "chat template, line \(line): found \(found), expected \(expected). Fetch the template again."
        case .unsupported(let line, let feature):
            "chat template, line \(line): \(feature) is not supported. Choose one of the built-in formats."
        case .undefined(let line, let name) where name.hasPrefix("strftime_now"):
            "chat template, line \(line): it asks for the day. Give a date."
        case .undefined(let line, let name):
            "chat template, line \(line): \(name) is not defined. The messages lack something that this model needs."
        case .mismatch(let line, let found, let expected):
            "chat template, line \(line): found \(found), expected \(expected). Check the messages."
        case .raised(let line, let message):
            "chat template, line \(line), refuses these messages: \(TemplateError.printable(message))"
        case .limit(let line, let resource, let limit):
            "chat template, line \(line): more than \(limit) \(resource). Shorten the messages, or raise the limit."
        }
    }

    /// A template's own words, without what a terminal would obey, and not too many.
    private static func printable(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(300).map { scalar -> Character in
            let category = scalar.properties.generalCategory
            return [.control, .format, .lineSeparator, .paragraphSeparator].contains(category) ? " " : Character(scalar)
        }
        return String(shown) + (text.unicodeScalars.dropFirst(300).isEmpty ? "" : "…")
    }
}
