extension Tokenizer {
    /// The text of some tokens.
    ///
    /// Bytes that are not UTF-8 become U+FFFD, one for every maximal part of a character (Unicode Standard, section
    /// 3.9); in SentencePiece vocabularies one for every byte of a run of byte tokens that is not UTF-8 as a whole. Ids
    /// that are not in use stand for nothing.
    ///
    /// - Parameters:
    ///   - tokens: the ids, as one text.
    ///   - skipsSpecialTokens: whether special tokens are left out.
    public func decode(_ tokens: some Sequence<Int32>, skipsSpecialTokens: Bool = false) -> String {
        if case .sentencePiece = decoder {
            var stream = TextStream(self, skipsSpecialTokens: skipsSpecialTokens)
            return tokens.reduce(into: "") { $0 += stream.append($1) } + stream.finish()
        }
        var bytes: [UInt8] = []
        for token in tokens where !(skipsSpecialTokens && isSpecial(token)) { bytes += self.bytes(of: token) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
