/// Text as a terminal shows it.
enum TerminalText {
    /// Ranges of scalars that take two columns, as East Asian scripts do, and pictures.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]

    /// A text on one line, without characters that could steer the terminal or turn the direction of writing.
    static func oneLine(_ text: String) -> String {
        var scalars = text.unicodeScalars.compactMap { scalar -> Unicode.Scalar? in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: " "
            case .format: nil
            default: scalar
            }
        }
        while scalars.last == " " { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
    }

    /// A text whose lines stay as they are, without characters that could steer the terminal or turn the direction of writing.
    static func lines(_ text: String) -> String {
        let kept = text.unicodeScalars.filter { scalar in
            scalar == "\n" || scalar == "\t"
                || scalar.properties.generalCategory != .control && !scalar.properties.isBidiControl
        }
        return String(String.UnicodeScalarView(kept))
    }

    /// The beginning of a line that fits into so many columns, with an ellipsis if something is left out.
    static func cut(_ line: String, to columns: Int) -> String {
        var (kept, used, end) = ("".unicodeScalars, 0, 0)
        for scalar in line.unicodeScalars {
            used += width(of: scalar)
            // One column stays for the ellipsis.
            if used < columns { end = kept.count + 1 }
            kept.append(scalar)
            if used > columns { return columns < 1 ? "" : String(kept.prefix(end)) + "…" }
        }
        return line
    }

    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: 0
        default:
            scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }
}
