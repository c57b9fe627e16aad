/// Unicode normalisation form C (Unicode Standard Annex 15), as the `tokenizers` library has it.
enum CanonicalComposition {
    /// The normalised text, or nil if the text is normalised already.
    ///
    /// Only the stretches that normalisation could change are taken apart: a scalar that may join, with the one before
    /// it that does not.
    ///
    /// - Complexity: O(n) in the bytes; O(m log m) for a run of m combining marks.
    static func normalized(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let classes = ScalarClasses.shared
        var output: [UInt8] = []
        var copied = 0
        var boundary = 0
        var position = 0
        while position < text.count {
            // Below U+0300 nothing joins.
            if text[position] < 0xCC {
                boundary = position
                position += text[position] < 0x80 ? 1 : 2
                continue
            }
            let (scalar, length) = text.scalar(at: position)
            guard classes.joins(scalar) else {
                boundary = position
                position += length
                continue
            }
            position += length
            while position < text.count {
                let (scalar, length) = text.scalar(at: position)
                guard classes.joins(scalar) else { break }
                position += length
            }
            output += text[copied..<boundary]
            append(composed: UnsafeBufferPointer(rebasing: text[boundary..<position]), to: &output)
            copied = position
            boundary = position
        }
        guard copied > 0 else { return nil }
        output += text[copied...]
        return output
    }

    private static func append(composed text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        for scalar in composed(sorted(decomposed(text))) {
            guard let scalar = Unicode.Scalar(scalar) else { continue }
            output += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        }
    }

    private static func decomposed(_ text: UnsafeBufferPointer<UInt8>) -> [UInt32] {
        var scalars: [UInt32] = []
        var position = 0
        while position < text.count {
            let (scalar, length) = text.scalar(at: position)
            CanonicalTables.shared.appendDecomposition(of: scalar, to: &scalars)
            position += length
        }
        return scalars
    }

    /// Puts every run of combining marks into the order of their classes, equal classes as they stood.
    private static func sorted(_ scalars: [UInt32]) -> [(scalar: UInt32, order: UInt8)] {
        var result: [(scalar: UInt32, order: UInt8)] = []
        var marks: [(scalar: UInt32, order: UInt8)] = []
        for scalar in scalars {
            let order = CanonicalTables.shared.combiningClass(of: scalar)
            if order == 0 {
                result += marks.sorted { $0.order < $1.order }
                marks.removeAll(keepingCapacity: true)
                result.append((scalar, order))
            } else {
                marks.append((scalar, order))
            }
        }
        return result + marks.sorted { $0.order < $1.order }
    }

    /// Joins every scalar to the last starter before it, unless something of its class or a higher one stands between.
    private static func composed(_ scalars: [(scalar: UInt32, order: UInt8)]) -> [UInt32] {
        var output: [UInt32] = []
        var starter: Int?
        var lastOrder: UInt8 = 0
        for (scalar, order) in scalars {
            if let starter, starter == output.count - 1 || lastOrder < order,
                let composite = CanonicalTables.shared.composite(of: output[starter], scalar)
            {
                output[starter] = composite
                continue
            }
            if order == 0 { starter = output.count }
            lastOrder = order
            output.append(scalar)
        }
        return output
    }
}
