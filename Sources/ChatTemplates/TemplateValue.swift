internal import JSON

/// What a name or an expression stands for while a template is rendered.
indirect enum TemplateValue {
    /// Nothing; its name is for error texts.
    case undefined(String)
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(TemplateText)
    case list([TemplateValue])
    /// What some filters give: values to go through once, which have no length and are true even if there are none.
    case generator([TemplateValue])
    case map(TemplateMap)
    /// Names that a template may change from inside a loop; the number says which ones.
    case namespace(Int)
    case loop(LoopState)
    case macro(Statement.Macro)
    case function(TemplateFunction)
    /// What Python finds on every text, object or list; it can only be called, on the value that it was read from.
    case method(String)

    /// Values that stand in a template.
    enum Literal: Sendable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case text(TemplateText)
    }

    init(_ literal: Literal) {
        switch literal {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .text(let value): self = .text(value)
        }
    }

    /// A value that comes from outside.
    init(_ json: JSONValue, isGiven: Bool) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .string(let text): self = .text(TemplateText(text, isGiven: isGiven))
        case .array(let elements): self = .list(elements.map { TemplateValue($0, isGiven: isGiven) })
        case .object(let object):
            var map = TemplateMap()
            for member in object.members {
                map[TemplateText(member.name, isGiven: isGiven)] = TemplateValue(member.value, isGiven: isGiven)
            }
            self = .map(map)
        }
    }

    /// Whether a condition holds, as in Python.
    var isTrue: Bool {
        switch self {
        case .undefined, .null: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .text(let value): !value.isEmpty
        case .list(let elements): !elements.isEmpty
        case .map(let map): !map.members.isEmpty
        case .generator, .namespace, .loop, .macro, .function, .method: true
        }
    }

    /// For error texts.
    var description: String {
        switch self {
        case .undefined(let name): "\(name), which is not defined"
        case .null: "none"
        case .bool(let value): value ? "true" : "false"
        case .integer, .number: "a number"
        case .text: "a text"
        case .list: "a list"
        case .generator: "what a filter gives"
        case .map: "an object"
        case .namespace: "a namespace"
        case .loop: "the loop"
        case .macro, .function, .method: "a function"
        }
    }

    /// The whole number that this is; true and false are 1 and 0.
    var whole: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// Any number.
    var double: Double? {
        if case .number(let value) = self { return value }
        return whole.map(Double.init)
    }
}
