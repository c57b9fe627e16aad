/// Texts in quotes, with the escapes of Python.
enum StringLiteral {
    private static let simple: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}",
        "v": "\u{B}",
    ]
    private static let digits: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]

    /// What stands between the quotes.
    ///
    /// - Throws: `unsupported` for escapes by octal number or by name, `syntax` for numbers that are no character.
    static func decoded(_ written: ArraySlice<Unicode.Scalar>, line: Int) throws(TemplateError) -> String {
        var result = "".unicodeScalars
        var rest = written
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let kind = rest.popFirst() else {
                result.append(scalar)
                continue
            }
            if let meant = simple[kind] {
                result.append(meant)
            } else if let count = digits[kind] {
                let hexadecimal = String(String.UnicodeScalarView(rest.prefix(count)))
                rest = rest.dropFirst(count)
                guard hexadecimal.utf8.count == count, !hexadecimal.hasPrefix("+"), !hexadecimal.hasPrefix("-"),
                    let value = UInt32(hexadecimal, radix: 16), let meant = Unicode.Scalar(value)
                else {
                    throw .syntax(line: line, found: "\\\(kind)\(hexadecimal)", expected: "the code of a character")
                }
                result.append(meant)
            } else if kind == "N" || ("0"..."7").contains(kind) {
                throw .unsupported(line: line, feature: "the escape \\\(kind)")
            } else if kind != "\n" {
                result.append(contentsOf: [scalar, kind])
            }
        }
        return String(result)
    }
}
