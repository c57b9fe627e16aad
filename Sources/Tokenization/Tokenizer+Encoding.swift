extension Tokenizer {
    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - specialTokens: what becomes of the texts of added tokens. By default they are text, so that nothing a user
    ///     writes turns into a control token.
    ///   - addsPrefix: whether the tokens that the file's template puts around a text, such as Llama 3's
    ///     `<|begin_of_text|>` before it, are added.
    /// - Complexity: O(n log n) in the bytes of the longest piece, linear in the number of pieces.
    public func encode(
        _ text: String, specialTokens: SpecialTokenHandling = .asText, addsPrefix: Bool = true
    ) -> [Int32] {
        var tokens = addsPrefix ? postProcessor.prefix : []
        var copy = text
        copy.withUTF8 { bytes in
            switch specialTokens {
            case .asText: normalizer.withNormalized(bytes) { appendPieces(of: $0, to: &tokens) }
            case .parsed: appendParsed(bytes, to: &tokens)
            }
        }
        if addsPrefix { tokens += postProcessor.suffix }
        return tokens
    }

    /// Added tokens are looked for before normalisation or after it, as each one's flag says.
    private func appendParsed(_ text: UnsafeBufferPointer<UInt8>, to tokens: inout [Int32]) {
        addedTokens.split(text) { part in
            normalizer.withNormalized(part) { normalized in
                normalizedAddedTokens.split(normalized) {
                    appendPieces(of: $0, to: &tokens)
                } token: {
                    tokens.append($0)
                }
            }
        } token: {
            tokens.append($0)
        }
    }

    private func appendPieces(of text: UnsafeBufferPointer<UInt8>, to tokens: inout [Int32]) {
        var scanner = PieceScanner(text, pattern: preTokenizer.pattern)
        while let piece = scanner.next() { model.append(piece, vocabulary: vocabulary, to: &tokens) }
    }
}
