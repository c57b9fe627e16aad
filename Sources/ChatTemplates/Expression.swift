/// A part of a template that has a value.
final class Expression: Sendable {
    /// What is computed from what.
    enum Kind: Sendable {
        case value(TemplateValue.Literal)
        case name(String)
        case list([Expression])
        case map([(key: Expression, value: Expression)])
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
        case call(Expression, Arguments)
        case filter(Expression, Filter, Arguments)
        case test(Expression, ValueTest, Arguments, isNegated: Bool)
        case negative(Expression)
        case not(Expression)
        case and(Expression, Expression)
        case or(Expression, Expression)
        case arithmetic(Expression, ArithmeticOperator, Expression)
        case comparison(Expression, [(ComparisonOperator, Expression)])
        case choice(Expression, condition: Expression, otherwise: Expression?)
    }

    /// What is given to a call, a filter or a test.
    struct Arguments: Sendable {
        var positional: [Expression] = []
        var named: [(name: String, value: Expression)] = []

        var all: [Expression] { positional + named.map(\.value) }
    }

    let kind: Kind
    let line: Int
    /// Expressions inside each other, this one included: what evaluating and freeing it takes of the stack.
    let height: Int

    init(_ kind: Kind, line: Int, parts: [Expression]) throws(TemplateError) {
        self.kind = kind
        self.line = line
        height = 1 + (parts.lazy.map(\.height).max() ?? 0)
        guard height <= TemplateLimits.height else {
            throw .limit(line: line, resource: "expressions inside each other", limit: TemplateLimits.height)
        }
    }
}
