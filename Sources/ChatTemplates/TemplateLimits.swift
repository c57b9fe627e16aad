/// What a template may use up before it is refused.
public struct TemplateLimits: Sendable, Hashable {
    /// Characters of a template's source.
    public var source: Int
    /// Operations and characters that they touch, in one rendering.
    public var steps: Int
    /// Characters of the rendered text.
    public var output: Int

    /// - Parameters:
    ///   - source: characters of a template's source; published ones have up to 15,000.
    ///   - steps: a conversation of a megabyte takes about ten million.
    ///   - output: characters of the rendered text.
    public init(source: Int = 262_144, steps: Int = 40_000_000, output: Int = 8_388_608) {
        self.source = source
        self.steps = steps
        self.output = output
    }

    /// Expressions inside each other, where a chain such as `a + b + c` counts every operator.
    static let height = 100
    /// Characters of a name.
    static let name = 256
    /// Names that are given values at once, and parameters of a macro.
    static let names = 64
    /// Brackets and conditions inside each other.
    static let brackets = 32
    /// Blocks inside each other.
    static let blocks = 50
    /// Lists and objects inside each other, on top of those that are given.
    static let nesting = 128
    /// Macros that call each other.
    static let calls = 32
}
