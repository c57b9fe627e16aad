package import Tokenization

/// Watches the bytes of a growing text for its end.
///
/// The separator is looked for in the text, never as a token: tokens such as ".\n" hold more than it, and it may spread
/// over several.
package struct StopDetector {
    private let rule: StopRule
    private var tail: [UInt8] = []
    private var count = 0

    package init(_ rule: StopRule) { self.rule = rule }

    /// Takes the next token and says whether the generation ends with it.
    package mutating func end(after token: Int32, _ tokenizer: Tokenizer?) -> GenerationEnd? {
        count += 1
        if rule.endTokens.contains(token) { return .endOfText }
        if let tokenizer, completesSeparator(token, tokenizer) { return .separator }
        return count >= rule.maxTokens ? .length : nil
    }

    private mutating func completesSeparator(_ token: Int32, _ tokenizer: Tokenizer) -> Bool {
        guard !rule.separator.isEmpty else { return false }
        tail.append(contentsOf: tokenizer.bytes(of: token))
        let length = rule.separator.count
        guard tail.count >= length else { return false }
        let isComplete = (0...tail.count - length).contains { start in
            tail[start..<start + length].elementsEqual(rule.separator)
        }
        tail.removeFirst(tail.count - (length - 1))
        return isComplete
    }
}
