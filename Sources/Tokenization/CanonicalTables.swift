/// Canonical decomposition, composition and combining classes (Unicode Standard, sections 3.11 and 3.12).
///
/// Built once from `UnicodeTables`; Hangul syllables are computed.
struct CanonicalTables: Sendable {
    /// The one set of tables.
    static let shared = CanonicalTables()

    private var marks: [UInt32: UInt8] = [:]
    private var decompositions: [UInt32: (first: UInt32, second: UInt32)] = [:]
    private var composites: [UInt64: UInt32] = [:]
    /// The scalars that NFC may move, take apart or join to what stands before them.
    private(set) var joiningScalars: Set<UInt32> = []

    private init() {
        for (first, count, columns) in CanonicalTables.runs(UnicodeTables.combiningClasses, sharedColumns: 1) {
            for scalar in first..<first + count { marks[scalar] = UInt8(columns[columns.startIndex]) }
        }
        for (first, count, columns) in CanonicalTables.runs(UnicodeTables.composites, columns: 2) {
            for (scalar, pair) in zip(first..<first + count, CanonicalTables.pairs(columns)) {
                decompositions[scalar] = pair
                composites[CanonicalTables.key(pair.first, pair.second)] = scalar
                joiningScalars.insert(pair.second)
            }
        }
        for (first, count, columns) in CanonicalTables.runs(UnicodeTables.decomposites, columns: 2) {
            for (scalar, pair) in zip(first..<first + count, CanonicalTables.pairs(columns)) {
                decompositions[scalar] = pair
                joiningScalars.insert(scalar)
            }
        }
        joiningScalars.formUnion(marks.keys)
        joiningScalars.formUnion(Hangul.vowels)
        joiningScalars.formUnion(Hangul.trails)
    }

    /// The canonical combining class: 0 for scalars that start a sequence.
    func combiningClass(of scalar: UInt32) -> UInt8 { marks[scalar] ?? 0 }

    /// Appends the full canonical decomposition of a scalar.
    func appendDecomposition(of scalar: UInt32, to output: inout [UInt32]) {
        if let (lead, vowel, trail) = Hangul.decomposition(of: scalar) {
            output += [lead, vowel]
            if let trail { output.append(trail) }
        } else if let (first, second) = decompositions[scalar] {
            appendDecomposition(of: first, to: &output)
            if second != 0 { appendDecomposition(of: second, to: &output) }
        } else {
            output.append(scalar)
        }
    }

    /// The primary composite of two scalars, or nil.
    func composite(of first: UInt32, _ second: UInt32) -> UInt32? {
        Hangul.composite(of: first, second) ?? composites[CanonicalTables.key(first, second)]
    }

    private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    private static func pairs(_ columns: ArraySlice<UInt32>) -> [(first: UInt32, second: UInt32)] {
        stride(from: columns.startIndex, to: columns.endIndex, by: 2).map { (columns[$0], columns[$0 + 1]) }
    }

    /// The runs of a table: first scalar, count, and the columns, of which each scalar has its own or all share some.
    private static func runs(
        _ table: [UInt32], columns: Int = 0, sharedColumns: Int = 0
    ) -> [(first: UInt32, count: UInt32, columns: ArraySlice<UInt32>)] {
        var runs: [(first: UInt32, count: UInt32, columns: ArraySlice<UInt32>)] = []
        var position = 0
        while position < table.count {
            let end = position + 2 + columns * Int(table[position + 1]) + sharedColumns
            runs.append((table[position], table[position + 1], table[position + 2..<end]))
            position = end
        }
        return runs
    }
}
