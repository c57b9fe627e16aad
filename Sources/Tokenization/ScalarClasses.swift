/// What pre-tokenisation and normalisation need to know of every Unicode scalar: a table in pages of 256 scalars, of
/// which equal ones are stored once.
///
/// Built once from `UnicodeTables`, about 40 kB.
struct ScalarClasses: Sendable {
    /// The kinds of scalars that a split pattern tells apart. No scalar has two.
    enum Kind: UInt8 {
        case other, letter, number, space
    }

    /// The one table.
    static let shared = ScalarClasses()

    private static let pageLength = 256
    /// Marks a scalar that NFC may move, take apart or join to what stands before it.
    private static let joining: UInt8 = 4

    private let pages: [UInt16]
    private let classes: [UInt8]

    /// What a split pattern takes the scalar for.
    @inline(__always)
    func kind(of scalar: UInt32) -> Kind {
        Kind(rawValue: value(of: scalar) & 3) ?? .other
    }

    /// Whether NFC may change the scalar or join it to what stands before it; text up to a scalar that does not join
    /// can be normalised by itself.
    func joins(_ scalar: UInt32) -> Bool {
        value(of: scalar) & ScalarClasses.joining != 0
    }

    @inline(__always)
    private func value(of scalar: UInt32) -> UInt8 {
        classes.withUnsafeBufferPointer { classes in
            pages.withUnsafeBufferPointer { pages in
                classes[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)]
            }
        }
    }

    private init() {
        var flat = [UInt8](repeating: Kind.other.rawValue, count: 0x110000)
        ScalarClasses.fill(&flat, ranges: UnicodeTables.letters, with: .letter)
        ScalarClasses.fill(&flat, ranges: UnicodeTables.numbers, with: .number)
        ScalarClasses.fill(&flat, ranges: UnicodeTables.spaces, with: .space)
        for scalar in CanonicalTables.shared.joiningScalars { flat[Int(scalar)] |= ScalarClasses.joining }
        var positions: [ArraySlice<UInt8>: UInt16] = [:]
        var pages: [UInt16] = []
        var classes: [UInt8] = []
        for start in stride(from: 0, to: flat.count, by: ScalarClasses.pageLength) {
            let page = flat[start..<start + ScalarClasses.pageLength]
            if positions[page] == nil {
                positions[page] = UInt16(positions.count)
                classes += page
            }
            pages.append(positions[page, default: 0])
        }
        self.pages = pages
        self.classes = classes
    }

    private static func fill(_ flat: inout [UInt8], ranges: [UInt32], with kind: Kind) {
        var end = 0
        for index in stride(from: 0, to: ranges.count, by: 2) {
            let start = end + Int(ranges[index])
            end = start + Int(ranges[index + 1])
            for scalar in start..<end { flat[scalar] = kind.rawValue }
        }
    }
}
