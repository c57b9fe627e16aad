/// A test behind `is`.
enum ValueTest: String, Sendable {
    case defined, undefined, none, string, number, integer, float, boolean, mapping, iterable, sequence, odd, even
    case isTrue = "true"
    case isFalse = "false"
    case equalto, eq, ne
    case isIn = "in"

    /// Whether the test compares with another value.
    var takesArgument: Bool { [.equalto, .eq, .ne, .isIn].contains(self) }

    /// Whether a value passes a test that takes no argument; nil for one that does.
    func passes(_ value: TemplateValue) -> Bool? {
        switch (self, value) {
        case (.equalto, _), (.eq, _), (.ne, _), (.isIn, _): nil
        case (.undefined, .undefined): true
        case (.undefined, _): false
        case (.defined, .undefined): false
        case (.defined, _): true
        case (.none, .null), (.string, .text), (.boolean, .bool), (.mapping, .map), (.float, .number): true
        case (.integer, .integer), (.number, .integer), (.number, .number), (.number, .bool): true
        case (.iterable, .text), (.iterable, .list), (.iterable, .map), (.iterable, .undefined), (.iterable, .loop),
            (.iterable, .generator):
            true
        case (.sequence, .text), (.sequence, .list), (.sequence, .map), (.sequence, .undefined): true
        case (.isTrue, .bool(let flag)): flag
        case (.isFalse, .bool(let flag)): !flag
        case (.odd, _): value.whole.map { $0 % 2 != 0 } ?? false
        case (.even, _): value.whole.map { $0 % 2 == 0 } ?? false
        default: false
        }
    }
}
