import JSON

/// The tokens of a file in the order of their ids, checked: every id has exactly one text.
struct TokenRoster {
    /// One token as the file has it.
    struct Entry {
        /// The spelling.
        let text: String
        /// Whether the spelling is the text itself, because the token stands beside the vocabulary.
        let isVerbatim: Bool
    }

    /// The token of every id.
    let entries: [Entry]
    /// Whether the file marks the token of an id as special.
    let special: [Bool]

    /// Joins the vocabulary and the added tokens, of which some may be in the vocabulary as well.
    ///
    /// Nothing is allocated by the size of an id, only by the number of tokens.
    init(entries vocabulary: JSONObject, added: [AddedToken]) throws(TokenizerError) {
        var fresh: [AddedToken] = []
        for token in added {
            guard let known = vocabulary[token.text] else {
                fresh.append(token)
                continue
            }
            guard known.int == token.identifier else {
                throw .invalidAddedToken(
                    text: token.text, reason: "has the id \(token.identifier), but \(known.excerpt) in model.vocab")
            }
        }
        let count = vocabulary.count + fresh.count
        guard count > 0 else { throw .malformed(field: "model.vocab", found: "empty", expected: "tokens") }
        var slots = [Entry?](repeating: nil, count: count)
        for member in vocabulary.members {
            guard let identifier = member.value.int else {
                throw .malformed(field: "model.vocab[\"\(member.name)\"]", found: member.value.kind, expected: "an id")
            }
            try TokenRoster.place(Entry(text: member.name, isVerbatim: false), at: identifier, in: &slots)
        }
        for token in fresh {
            try TokenRoster.place(Entry(text: token.text, isVerbatim: true), at: token.identifier, in: &slots)
        }
        if let gap = slots.firstIndex(where: { $0 == nil }) {
            throw .missingToken(token: Int32(gap), vocabularySize: count)
        }
        entries = slots.compactMap { $0 }
        var special = [Bool](repeating: false, count: count)
        for token in added where token.isSpecial { special[token.identifier] = true }
        self.special = special
    }

    private static func place(_ entry: Entry, at identifier: Int, in slots: inout [Entry?]) throws(TokenizerError) {
        guard identifier >= 0, identifier <= Vocabulary.largestToken else {
            throw .tokenOutOfRange(text: entry.text, token: identifier)
        }
        // An id beyond the number of tokens leaves a gap, which is found and named when all tokens have their place.
        guard identifier < slots.count else { return }
        if let other = slots[identifier] {
            throw .duplicateToken(token: Int32(identifier), texts: [other.text, entry.text])
        }
        slots[identifier] = entry
    }
}
