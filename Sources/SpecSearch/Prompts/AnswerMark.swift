/// What marks the answer in a text: the text before and after it, as in `The answer is {answer}.` or
/// `\boxed{{answer}}`.
///
/// The last marked answer of a text counts. Where an answer ends depends on what follows it in the mark:
/// - *A closing brace*: at the brace that closes the one before the answer, so that `\boxed{\frac{1}{2}}` holds
///   `\frac{1}{2}`. Braces after a backslash are characters like others. The answer may have several lines.
/// - *Another text*: at its first occurrence on the same line. A full stop at its end ends the answer only where no
///   letter or digit follows, so that `The answer is 3.5.` holds `3.5`.
/// - *Nothing*: at the end of the line or of the text.
///
/// White space around an answer is no part of it, and an answer of nothing else is none.
struct AnswerMark: Hashable {
    /// What stands for the answer in the template of a mark.
    static let placeholder = "{answer}"

    private let before: [UInt8]
    private let after: [UInt8]

    /// - Parameter template: a text with the placeholder once, and not at its start.
    /// - Throws: `BundleError.template` for any other.
    init(template: String) throws(BundleError) {
        (before, after) = try Template.split(template, at: Self.placeholder, key: "answer")
        guard !before.isEmpty else {
            throw .template(key: "answer", found: template, expected: "some text before \(Self.placeholder)")
        }
    }

    /// The last marked answer of a text, or nil if there is none.
    ///
    /// - Complexity: O(n · m) at worst for n bytes of text and m of the mark.
    func answer(in text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            let range = after.first == UInt8(ascii: "}") ? lastInBraces(bytes) : lastOnLine(bytes)
            return range.map { String(decoding: UnsafeBufferPointer(rebasing: bytes[$0]), as: UTF8.self) }
        }
    }

    private typealias Bytes = UnsafeBufferPointer<UInt8>

    private func lastOnLine(_ text: Bytes) -> Range<Int>? {
        var last: Range<Int>?
        var start: Int?
        var position = 0
        while position <= text.count {
            let isLineEnd = position == text.count || text[position] == UInt8(ascii: "\n")
            if let begin = start, after.isEmpty ? isLineEnd : ends(text, at: position) {
                last = trimmed(text, begin..<position) ?? last
                start = nil
            }
            if text.holds(before, at: position) {
                position += before.count
                start = position
            } else {
                // A mark may hold a line's end itself; only one that is not part of it ends the search for `after`.
                if isLineEnd { start = nil }
                position += 1
            }
        }
        return last
    }

    private func ends(_ text: Bytes, at position: Int) -> Bool {
        guard text.holds(after, at: position) else { return false }
        let next = position + after.count
        guard after.last == UInt8(ascii: "."), next < text.count else { return true }
        switch text[next] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...:
            return false
        default: return true
        }
    }

    /// One pass with a stack of open braces, since marks may be nested: the one that begins last counts.
    private func lastInBraces(_ text: Bytes) -> Range<Int>? {
        var last: Range<Int>?
        // Where the answer begins for braces that a mark opens, nil for others.
        var open: [Int?] = []
        var position = 0
        while position < text.count {
            if text.holds(before, at: position) {
                position += before.count
                open.append(position)
                continue
            }
            switch text[position] {
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "{"): open.append(nil)
            case UInt8(ascii: "}"):
                if let begin = open.popLast() ?? nil, text.holds(after, at: position),
                    begin > last?.lowerBound ?? -1, let answer = trimmed(text, begin..<position)
                {
                    last = answer
                }
            default: break
            }
            position += 1
        }
        return last
    }

    /// A range without the white space at its ends, or nil if nothing is left.
    private func trimmed(_ text: Bytes, _ range: Range<Int>) -> Range<Int>? {
        let isSpace = { (byte: UInt8) in byte == 0x20 || 0x09...0x0D ~= byte }
        guard let first = range.first(where: { !isSpace(text[$0]) }),
            let last = range.last(where: { !isSpace(text[$0]) })
        else { return nil }
        return first..<last + 1
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether some bytes stand at a position.
    fileprivate func holds(_ bytes: [UInt8], at position: Int) -> Bool {
        guard count - position >= bytes.count else { return false }
        for (offset, byte) in bytes.enumerated() where self[position + offset] != byte { return false }
        return true
    }
}
