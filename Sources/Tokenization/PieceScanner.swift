/// Walks over text and finds the pieces that a split pattern would match, one after the other, in one pass.
///
/// The alternatives of the pattern are tried in its order by looking at most one scalar ahead; a run of spaces is read
/// at most three times. So the cost is linear in the text, whatever it holds.
struct PieceScanner {
    private let text: UnsafeBufferPointer<UInt8>
    private let longestNumber: Int
    private let classes = ScalarClasses.shared
    private var position = 0

    /// Starts before the first piece of some valid UTF-8.
    init(_ text: UnsafeBufferPointer<UInt8>, pattern: SplitPattern) {
        self.text = text
        longestNumber = pattern.longestNumber
    }

    /// The next piece, or nil at the end of the text.
    mutating func next() -> UnsafeBufferPointer<UInt8>? {
        guard position < text.count else { return nil }
        let start = position
        position = endOfPiece(from: start)
        return UnsafeBufferPointer(rebasing: text[start..<position])
    }

    private func endOfPiece(from start: Int) -> Int {
        let (kind, length) = look(at: start)
        let second = start + length
        switch kind {
        case .letter: return end(of: .letter, from: second)
        case .number: return endOfNumber(from: second)
        case .space:
            if isLetter(at: second), !isNewline(at: start) { return end(of: .letter, from: second) }
            if text[start] == UInt8(ascii: " "), isOther(at: second) { return endOfOthers(from: second) }
            return endOfSpaces(from: start)
        case .other:
            if text[start] == UInt8(ascii: "'"), let end = endOfContraction(from: second) { return end }
            if isLetter(at: second) { return end(of: .letter, from: second) }
            return endOfOthers(from: second)
        }
    }

    /// `\p{N}{1,longestNumber}`, one digit of which is read.
    private func endOfNumber(from start: Int) -> Int {
        var end = start
        for _ in 1..<longestNumber {
            guard end < text.count else { break }
            let (kind, length) = look(at: end)
            guard kind == .number else { break }
            end += length
        }
        return end
    }

    /// `[^\s\p{L}\p{N}]+[\r\n]*`.
    private func endOfOthers(from start: Int) -> Int {
        var end = end(of: .other, from: start)
        while isNewline(at: end) { end += 1 }
        return end
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the last newline of the run; else up to its last space, which goes with what
    /// follows; else the whole run.
    private func endOfSpaces(from start: Int) -> Int {
        var end = start
        var lastStart = start
        var newlineEnd: Int?
        while end < text.count {
            let (kind, length) = look(at: end)
            guard kind == .space else { break }
            lastStart = end
            end += length
            if isNewline(at: lastStart) { newlineEnd = end }
        }
        if let newlineEnd { return newlineEnd }
        return end == text.count || lastStart == start ? end : lastStart
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)` behind its apostrophe; U+017F, the long s, is an s without case.
    private func endOfContraction(from start: Int) -> Int? {
        guard start < text.count else { return nil }
        let second = start + 1 < text.count ? text[start + 1] | 0x20 : 0
        switch text[start] | 0x20 {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 1
        case UInt8(ascii: "r") where second == UInt8(ascii: "e"): return start + 2
        case UInt8(ascii: "v") where second == UInt8(ascii: "e"): return start + 2
        case UInt8(ascii: "l") where second == UInt8(ascii: "l"): return start + 2
        default: return text[start] == 0xC5 && text[start + 1] == 0xBF ? start + 2 : nil
        }
    }

    private func end(of kind: ScalarClasses.Kind, from start: Int) -> Int {
        var end = start
        while end < text.count {
            let (found, length) = look(at: end)
            guard found == kind else { break }
            end += length
        }
        return end
    }

    private func isLetter(at position: Int) -> Bool { position < text.count && look(at: position).kind == .letter }

    private func isOther(at position: Int) -> Bool { position < text.count && look(at: position).kind == .other }

    private func isNewline(at position: Int) -> Bool {
        position < text.count && (text[position] == 0x0A || text[position] == 0x0D)
    }

    @inline(__always)
    private func look(at position: Int) -> (kind: ScalarClasses.Kind, length: Int) {
        let (scalar, length) = text.scalar(at: position)
        return (classes.kind(of: scalar), length)
    }
}
