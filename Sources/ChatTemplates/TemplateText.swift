import Tokenization

/// Text in which every character remembers whether it was given by the caller or stands in the template.
///
/// Only the template's own characters may spell special tokens. Characters are Unicode scalars, as in Python.
struct TemplateText: Sendable {
    private static let mark: UInt32 = 1 << 31

    /// Scalar values; the highest bit says that the caller gave it.
    private(set) var units: [UInt32] = []

    init() {}

    init(_ text: some StringProtocol, isGiven: Bool = false) {
        units = text.unicodeScalars.map { isGiven ? $0.value | Self.mark : $0.value }
    }

    init(units: some Sequence<UInt32>) { self.units = Array(units) }

    var count: Int { units.count }
    var isEmpty: Bool { units.isEmpty }
    /// Whether the caller gave any of it.
    var hasGiven: Bool { units.contains { $0 & Self.mark != 0 } }
    var string: String { Self.string(units) }

    /// The longest parts that are either given or not; only the template's own may hold special tokens.
    var parts: [PromptPart] {
        var parts: [PromptPart] = []
        var start = 0
        while start < units.count {
            let mark = units[start] & Self.mark
            let end = units[start...].firstIndex { $0 & Self.mark != mark } ?? units.count
            parts.append(PromptPart(Self.string(units[start..<end]), holdsSpecialTokens: mark == 0))
            start = end
        }
        return parts
    }

    private static func string(_ units: some Sequence<UInt32>) -> String {
        var result = ""
        result.unicodeScalars.append(contentsOf: units.lazy.map { scalar($0) })
        return result
    }

    /// Whether two units are the same character, whoever gave them.
    static func isSame(_ left: UInt32, _ right: UInt32) -> Bool { (left ^ right) & ~mark == 0 }

    static func scalar(_ unit: UInt32) -> Unicode.Scalar { Unicode.Scalar(unit & ~mark) ?? "\u{FFFD}" }

    mutating func append(_ other: TemplateText) { units += other.units }

    static func + (left: TemplateText, right: TemplateText) -> TemplateText {
        TemplateText(units: left.units + right.units)
    }

    func starts(with other: TemplateText, at place: Int = 0) -> Bool {
        place >= 0 && place + other.count <= count
            && zip(units[place...], other.units).allSatisfy(Self.isSame)
    }
}

extension TemplateText: Hashable {
    /// Whether both have the same characters, whoever gave them.
    static func == (left: TemplateText, right: TemplateText) -> Bool {
        left.count == right.count && left.starts(with: right)
    }

    func hash(into hasher: inout Hasher) {
        for unit in units { hasher.combine(unit & ~Self.mark) }
    }
}

extension Unicode.Scalar {
    /// White space as Python's `str.strip` and `\s` take it.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}
